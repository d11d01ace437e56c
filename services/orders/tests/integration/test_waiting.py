"""`Prefer: wait=N`: the outcome within the time, the first answer after it, and what is replayed later."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import given
import pytest
from django.db import connections
from prometheus_client import REGISTRY

from orders import services
from orders.models import Order
from shared import hints
from shared.db.models import uuid7
from shared.events import contracts
from shared.http import prefer
from shared.testing.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

USER, TEA = uuid7(), uuid7()
BODY = {"items": [{"product_id": str(TEA), "quantity": 10}]}
ONE_CLICK = f"products/{TEA}/purchase/"


@pytest.fixture(autouse=True)
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients wait for longer than a busy machine needs for anything."""
    monkeypatch.setattr(prefer, "LONGEST_WAIT", 120)


@contextmanager
def meanwhile(act: Callable[[UUID], None]) -> Iterator[None]:
    """Do something about the first order that appears while the block runs."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            while (order := Order.objects.first()) is None:
                time.sleep(0.02)
            time.sleep(0.1)
            act(order.id)
        except BaseException as error:  # noqa: BLE001 (told below)
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=PATIENCE)
    assert failures == []


def complete(order_id: UUID) -> None:
    given.tell(given.reserved(order_id), given.captured(order_id))


def reject(order_id: UUID) -> None:
    given.tell(given.rejected(order_id, available=5))


def reject_unknown(order_id: UUID) -> None:
    given.tell(given.rejected(order_id, "unknown_product", available=None))


def decline(order_id: UUID) -> None:
    declined = contracts.PaymentDeclined(order_id=order_id, reason="insufficient_funds")
    given.tell(given.reserved(order_id), declined)


def time_out(order_id: UUID) -> None:
    given.later(order_id, 901)
    services.orders_sweep()


@pytest.mark.parametrize("path", ["orders/", ONE_CLICK])
def test_the_final_order_is_the_answer(api: Any, path: str) -> None:
    body = BODY if path == "orders/" else {"quantity": 10}
    started = time.monotonic()
    with meanwhile(complete):
        answer = api(USER).post(path, body, prefer="wait=120")

    order = Order.objects.get()
    assert time.monotonic() - started < 60
    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "wait=120"
    assert answer.headers["Location"] == f"/api/v2/orders/{order.id}/"
    assert (answer.json()["status"], answer.json()["total"]) == ("completed", "25.00")
    assert answer.json()["items"][0]["sku"] == "SKU-0"


def test_a_cancelled_order_is_final_too(api: Any) -> None:
    with meanwhile(reject):
        answer = api(USER).post("orders/", BODY, prefer="wait=120")

    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["reason"]) == ("cancelled", "insufficient_stock")


def test_after_the_time_the_order_is_still_pending(api: Any) -> None:
    answer = api(USER).post("orders/", BODY, prefer="respond-async, wait=1")

    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.json()["status"] == "pending"


def test_who_does_not_wait_is_answered_at_once(api: Any) -> None:
    answer = api(USER).post("orders/", BODY)

    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers


def test_the_outcome_is_what_is_replayed(api: Any) -> None:
    with meanwhile(complete):
        first = api(USER).post("orders/", BODY, prefer="wait=120", idempotency_key="once")

    again = api(USER).post("orders/", BODY, prefer="wait=120", idempotency_key="once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert Order.objects.count() == 1


def test_a_replay_does_not_wait(api: Any) -> None:
    first = api(USER).post("orders/", BODY, idempotency_key="once")
    started = time.monotonic()

    again = api(USER).post("orders/", BODY, prefer="wait=120", idempotency_key="once")

    assert time.monotonic() - started < 60
    assert (again.status_code, again.content) == (202, first.content)


@pytest.mark.parametrize(
    ("fate", "status", "code", "message"),
    [
        (reject, 400, "insufficient_stock", "Insufficient stock. Available: 5, Requested: 10"),
        (reject_unknown, 404, "not_found", "There is no such product."),
        (decline, 400, "insufficient_funds", "Insufficient funds."),
    ],
)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_refused_purchase_says_why(
    api: Any, version: str, fate: Callable[[UUID], None], status: int, code: str, message: str
) -> None:
    with meanwhile(fate):
        answer = api(USER, version=version).post(ONE_CLICK, {"quantity": 10}, prefer="wait=120", idempotency_key="k")
    again = api(USER, version=version).post(ONE_CLICK, {"quantity": 10}, idempotency_key="k")

    order_id = str(Order.objects.get().id)
    assert answer.status_code == status
    assert answer.headers["Preference-Applied"] == "wait=120"
    if version == "v1":
        expected = {"status_code": status, "message": message, "code": code, "details": {"order_id": order_id}}
        assert answer.json() == {"error": expected}
    else:
        body = answer.json()
        assert (body["detail"], body["code"], body["order_id"]) == (message, code, order_id)
    assert (again.status_code, again.content) == (answer.status_code, answer.content)


def test_a_purchase_that_timed_out_is_the_cancelled_order(api: Any) -> None:
    with meanwhile(time_out):
        answer = api(USER).post(ONE_CLICK, {"quantity": 10}, prefer="wait=120")

    assert (answer.status_code, answer.json()["reason"]) == (201, "timeout")


@pytest.mark.parametrize("quantity", [0, -3])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_purchase_of_nothing_breaks_a_business_rule(api: Any, version: str, quantity: int) -> None:
    answer = api(USER, version=version).post(ONE_CLICK, {"quantity": quantity}, prefer="wait=120")

    error = answer.json()["error"] if version == "v1" else answer.json()
    assert (answer.status_code, error["code"]) == (400, "business_logic_error")
    assert "Quantity must be greater than 0." in error.values()
    assert "Preference-Applied" not in answer.headers
    assert not Order.objects.exists()


@pytest.mark.parametrize("body", [{}, {"quantity": 1_000_001}, {"quantity": "x"}, {"quantity": 1, "price": 1}])
def test_a_malformed_purchase_is_refused(api: Any, body: dict[str, Any]) -> None:
    answer = api(USER).post(ONE_CLICK, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert not Order.objects.exists()


def test_one_order_is_watched_until_it_changes(api: Any) -> None:
    order_id = given.placed(USER)
    with meanwhile(lambda each: given.tell(given.reserved(each))):
        answer = api(USER).get(f"orders/{order_id}/", prefer="wait=120")

    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=120"
    assert answer.json()["status"] == "processing"


def test_an_order_that_does_not_change_is_shown_after_the_time(api: Any) -> None:
    order_id = given.placed(USER)

    answer = api(USER).get(f"orders/{order_id}/", prefer="wait=1")

    assert (answer.json()["status"], answer.headers["Preference-Applied"]) == ("pending", "wait=1")


def measured() -> float:
    """Return the seconds that Prometheus is told about reading one order."""
    labels = {
        "http_request_method": "GET",
        "http_route": "/api/v2/orders/<uuid:order_id>/",
        "http_response_status_code": "200",
    }
    return REGISTRY.get_sample_value("http_server_request_duration_seconds_sum", labels) or 0.0


def test_the_time_that_a_client_chose_to_wait_is_no_part_of_the_measured_duration(api: Any) -> None:
    order_id, before, started = given.placed(USER), measured(), time.perf_counter()
    client = api(USER)

    client.get(f"orders/{order_id}/", prefer="wait=2")
    after_waiting, took = measured(), time.perf_counter() - started
    client.get(f"orders/{order_id}/")

    assert took - (after_waiting - before) > 1.9
    assert after_waiting > before
    assert measured() > after_waiting


def test_a_final_order_is_shown_at_once(api: Any) -> None:
    order_id = given.cancelled(USER)
    started = time.monotonic()

    answer = api(USER).get(f"orders/{order_id}/", prefer="wait=120")

    assert time.monotonic() - started < 60
    assert "Preference-Applied" not in answer.headers


def test_a_change_of_status_is_announced_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = given.placed(USER)
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr(hints, "publish", lambda *hint: said.append(hint))

    given.tell(given.reserved(order_id), contracts.StockCommitted(order_id=order_id))

    assert [hint for hint in said if hint[0].startswith("order:")] == [(f"order:{order_id}", "processing")]


@pytest.fixture
def no_place() -> Iterator[None]:
    """Let nobody else wait in this process."""
    room = prefer.Room(places=1)
    prefer.open_room(room)
    assert room.places.acquire(blocking=False)
    yield
    prefer.open_room(prefer.Room(places=4))


def test_who_finds_no_place_to_wait_hears_when_to_ask_again(api: Any, no_place: None) -> None:
    started = time.monotonic()

    placed = api(USER).post("orders/", BODY, prefer="wait=120", idempotency_key="once")
    looked = api(USER).get(f"orders/{placed.json()['id']}/", prefer="wait=120")
    again = api(USER).post("orders/", BODY, prefer="wait=120", idempotency_key="once")

    assert time.monotonic() - started < 60
    assert [answer.status_code for answer in (placed, looked, again)] == [202, 200, 202]
    assert {int(answer.headers["Retry-After"]) for answer in (placed, looked)} <= {2, 3, 4, 5, 6}
    assert not any("Preference-Applied" in answer.headers for answer in (placed, looked, again))
    assert again.content == placed.content
