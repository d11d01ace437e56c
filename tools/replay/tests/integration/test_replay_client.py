"""One call and its retries, sessions and pages, over real HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tools.replay import client, session

ORDER = client.Request(method="POST", path="/api/v2/orders/", json={"items": []}, key="k1", wait_seconds=30)


@pytest.fixture
def faults(market):
    """Let the next requests fail in this order, then none."""

    def plan(*names):
        waiting = list(names)
        market.fault = lambda _: waiting.pop(0) if waiting else ""

    return plan


def talk(url: str, act: Callable[..., Awaitable[Any]], *, patience: float = 5.0) -> Any:
    """Run `act(api, staff)` against the market."""

    async def main() -> Any:
        async with client.Api(base_url=url, connections=4, patience=patience) as api:
            return await act(api, session.Session(api=api, email="staff@example.com", password="Staff!123"))

    return asyncio.run(main())


def order_as(market: Any, url: str, **options: Any) -> Any:
    async def act(api: client.Api, staff: session.Session) -> client.Answer:
        await staff.token()
        market.hits.clear()
        return await api.call(ORDER, bearer=staff)

    return talk(url, act, **options)


def test_a_call_that_succeeds_is_sent_once(market, url):
    answer = order_as(market, url)

    assert (answer.status, answer.replayed, answer.in_doubt) == (201, False, False)
    assert market.hits == {"POST orders": 1}


@pytest.mark.parametrize(
    ("trouble", "seen"),
    [
        (("refuse",), (1, True)),
        (("throttle",), (1, False)),
        (("drop",), (1, True)),
        (("lose",), (2, True)),
        (("refuse", "throttle", "drop", "lose"), (2, True)),
    ],
)
def test_trouble_is_outlasted_and_the_work_is_done_once(market, url, faults, trouble, seen):
    faults("", *trouble)  # the login first

    answer = order_as(market, url)

    assert (market.hits["POST orders"], answer.in_doubt) == seen
    assert (answer.status, answer.replayed, len(market.orders)) == (201, False, 1)


def test_an_answer_of_an_earlier_run_is_told_from_one_of_our_own(market, url):
    first = order_as(market, url)

    again = order_as(market, url)

    assert (first.replayed, again.replayed) == (False, True)
    assert again.body == first.body


@pytest.mark.parametrize(
    ("code", "calls"), [("pending_order_exists", 3), ("idempotency_in_progress", 3), ("conflict", 1)]
)
def test_only_a_passing_conflict_is_repeated(market, url, monkeypatch, code, calls):
    answers = [(409, {"code": code}, {"Retry-After": "0"})] * 2 + [(201, {"id": "1"}, {})]
    monkeypatch.setattr(market, "answer", _script(market, "/api/v2/orders/", answers))

    answer = order_as(market, url)

    assert answer.status == (201 if calls == 3 else 409)
    assert market.hits["scripted"] == calls


@pytest.mark.parametrize("status", [400, 404, 422, 500])
def test_a_refusal_for_good_is_not_repeated(market, url, monkeypatch, status):
    monkeypatch.setattr(market, "answer", _script(market, "/api/v2/orders/", [(status, {"code": "x"}, {})] * 2))

    assert order_as(market, url).status == status
    assert market.hits["scripted"] == 1


def test_retry_after_is_obeyed(market, url, monkeypatch):
    answers = [(429, {"code": "throttled"}, {"Retry-After": "1"}), (201, {"id": "1"}, {})]
    monkeypatch.setattr(market, "answer", _script(market, "/api/v2/orders/", answers))
    started = time.monotonic()

    order_as(market, url)

    assert 1.0 <= time.monotonic() - started < 60.0


def test_patience_ends(market, url):
    market.fault = lambda request: "refuse" if "orders" in request else ""
    started = time.monotonic()

    with pytest.raises(client.GaveUpError) as caught:
        order_as(market, url, patience=1.0)

    assert time.monotonic() - started < 60.0
    assert caught.value.what.startswith("POST /api/v2/orders/ did not succeed in 1 s and ")
    assert caught.value.why == "the last time: 503 service_unavailable service_unavailable."


def test_what_is_sent_again_is_the_same(market, url, faults):
    seen = []
    answer = market.answer

    def record(method, path, query, headers, body):
        seen.append((method, path, headers.get("Idempotency-Key"), headers.get("Prefer"), body))
        return answer(method, path, query, headers, body)

    market.answer = record
    faults("", "lose")

    order_as(market, url)

    assert seen[1:] == [("POST", "/api/v2/orders/", "k1", "wait=30", b'{"items":[]}')] * 2


def test_a_token_is_renewed_before_it_expires(market, url):
    market.expires_in = 0

    async def act(_, staff):
        return [await staff.token(), await staff.token()]

    first, second = talk(url, act)

    assert first != second
    assert market.hits == {"POST auth/login": 1, "POST auth/refresh": 1}


def test_callers_in_parallel_renew_once(market, url):
    async def act(_, staff):
        return await asyncio.gather(*(staff.token() for _ in range(20)))

    assert len(set(talk(url, act))) == 1
    assert market.hits == {"POST auth/login": 1}


def test_a_token_that_is_refused_is_renewed_and_the_call_done(market, url):
    async def act(api, staff):
        market.tokens.pop(await staff.token())
        return await api.call(ORDER, bearer=staff)

    answer = talk(url, act)

    assert (answer.status, answer.in_doubt, market.hits["POST auth/refresh"]) == (201, False, 1)


def test_when_the_refresh_token_is_spent_the_password_is_the_way_in(market, url):
    async def act(api, staff):
        await staff.token()
        market.tokens.clear()
        return await api.call(ORDER, bearer=staff)

    assert talk(url, act).status == 201
    assert (market.hits["POST auth/refresh"], market.hits["POST auth/login"]) == (1, 2)


def test_a_list_is_read_to_its_end_whatever_host_its_links_name(market, url):
    market.products = {str(number): {"id": str(number), "sku": str(number)} for number in range(5)}

    async def act(api, _):
        return [row["sku"] async for row in api.pages("/api/v2/products/?limit=100")]

    assert talk(url, act) == ["0", "1", "2", "3", "4"]
    assert market.hits == {"GET products": 3}


def _script(market: Any, path: str, answers: list[Any]) -> Callable[..., Any]:
    """Answer one path from a list, in order, and everything else as usual."""
    usual, waiting = market.answer, list(answers)

    def answer(method: str, asked: str, *rest: Any) -> Any:
        if asked != path:
            return usual(method, asked, *rest)
        market.hits["scripted"] += 1
        return waiting.pop(0)

    return answer
