"""Idempotency keys on orders: one effect and one answer for any number of attempts, by one user only."""

import time
from typing import Any

import given
import pytest

from orders.models import Order
from shared.db.models import uuid7
from shared.testing.events import said
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)

USER = uuid7()
BODY = {"items": [{"product_id": str(uuid7()), "quantity": 2}]}


def test_fifty_attempts_at_once_place_one_order(api: Any) -> None:
    clients = [api(USER) for _ in range(50)]

    def attempt(number: int) -> Any:
        for _ in range(200):
            answer = clients[number].post("orders/", BODY, idempotency_key="once")
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "idempotency_in_progress"
            assert answer.headers["Retry-After"] == "1"
            time.sleep(0.05)
        raise AssertionError("the first attempt never ended")

    answers = together(50, attempt)

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert Order.objects.count() == 1
    assert len(said()) == 1


def test_another_request_with_the_key_is_refused(api: Any) -> None:
    api(USER).post("orders/", BODY, idempotency_key="once")
    other = {"items": [{**BODY["items"][0], "quantity": 3}]}

    answer = api(USER).post("orders/", other, idempotency_key="once")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_another_users_key_is_invisible(api: Any) -> None:
    first = api(USER).post("orders/", BODY, idempotency_key="once")

    second = api(uuid7()).post("orders/", BODY, idempotency_key="once")

    assert second.status_code == 202
    assert "Idempotency-Replayed" not in second.headers
    assert first.json()["id"] != second.json()["id"]


def test_a_refused_attempt_frees_its_key(api: Any) -> None:
    blocking = given.placed(USER)

    refused = api(USER).post("orders/", BODY, idempotency_key="once")
    given.tell(given.reserved(blocking))
    accepted = api(USER).post("orders/", BODY, idempotency_key="once")

    assert (refused.status_code, accepted.status_code) == (409, 202)
    assert "Idempotency-Replayed" not in accepted.headers


def test_cancelling_is_repeatable_under_a_key(api: Any) -> None:
    order_id = given.placed(USER)

    answers = [api(USER).post(f"orders/{order_id}/cancel/", idempotency_key="off") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert len(said()) == 1


def test_two_orders_at_once_by_one_user_are_one(api: Any) -> None:
    clients = [api(USER), api(USER)]

    answers: list[Any] = together(2, lambda number: clients[number].post("orders/", BODY))

    placed, refused = sorted(answers, key=lambda answer: int(answer.status_code))
    assert (placed.status_code, refused.status_code) == (202, 409)
    assert refused.json()["code"] == "pending_order_exists"
    assert refused.json()["order_id"] == placed.json()["id"]
    assert Order.objects.count() == 1
    assert len(said()) == 1
