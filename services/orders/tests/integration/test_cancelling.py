"""Cancelling: who may, in which status, and what is said about it."""

from typing import Any

import given
import pytest

from orders import services
from shared.auth import subjects
from shared.db.models import uuid7
from shared.events import contracts
from shared.testing.events import clear_outbox, deliver, said
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)

USER, STAFF = uuid7(), uuid7()


@pytest.mark.parametrize("make", [given.placed, given.processing])
@pytest.mark.parametrize(("roles", "reason"), [((), "by_customer"), (("staff",), "by_staff")])
def test_an_open_order_is_cancelled(api: Any, make: Any, roles: tuple[str, ...], reason: str) -> None:
    order_id = make(USER)
    was = given.row(order_id).status

    answer = api(STAFF if roles else USER, roles=roles).post(f"orders/{order_id}/cancel/")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["reason"]) == ("cancelled", reason)
    assert said() == [contracts.OrderCancelled(order_id=order_id, user_id=USER, reason=reason)]  # type: ignore[arg-type]
    actor = "staff" if roles else "customer"
    assert given.timeline(order_id)[-1] == ("transition", was, "cancelled", actor)


def test_staff_refunds_a_completed_order(api: Any) -> None:
    order_id = given.completed(USER)

    answer = api(STAFF, roles=("staff",)).post(f"orders/{order_id}/cancel/")

    assert answer.status_code == 200
    assert given.state(order_id) == ("cancelled", "refunded", "committed", "captured", False)
    assert given.seconds_until(order_id, "next_ask_at") == pytest.approx(5, abs=2)
    assert said() == [contracts.OrderCancelled(order_id=order_id, user_id=USER, reason="refunded")]
    given.tell(given.refunded(order_id), contracts.StockReleased(order_id=order_id))
    assert given.state(order_id) == ("cancelled", "refunded", "released", "refunded", True)


@pytest.mark.parametrize(
    ("make", "roles"), [(given.completed, ()), (given.cancelled, ()), (given.cancelled, ("staff",))]
)
def test_a_final_order_is_not(api: Any, make: Any, roles: tuple[str, ...]) -> None:
    order_id = make(USER)
    before, story = given.state(order_id), given.timeline(order_id)

    answer = api(USER, roles=roles).post(f"orders/{order_id}/cancel/")

    assert (answer.status_code, answer.json()["code"]) == (409, "order_not_cancellable")
    assert answer.json()["order_status"] == before[0]
    assert (given.state(order_id), given.timeline(order_id), said()) == (before, story, [])


def test_somebody_elses_order_does_not_exist(api: Any) -> None:
    order_id = given.placed(USER)

    answers = [api(uuid7()).post(f"orders/{each}/cancel/") for each in (order_id, uuid7())]

    assert [answer.status_code for answer in answers] == [404, 404]
    bodies = [{**answer.json(), "instance": "", "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert given.state(order_id)[0] == "pending"
    assert said() == []


def test_cancelling_takes_no_fields(api: Any) -> None:
    order_id = given.placed(USER)

    answer = api(USER).post(f"orders/{order_id}/cancel/", {"reason": "mood"})

    assert (answer.status_code, answer.json()["errors"]) == (400, {"reason": ["Unknown field."]})
    assert given.state(order_id)[0] == "pending"


def test_a_deactivated_users_open_orders_are_cancelled_and_tokens_refused(api: Any) -> None:
    pending, processing = given.placed(USER), given.processing(USER, now=given.NOON)
    finished, others = given.completed(USER, now=given.NOON), given.placed(uuid7())
    client, story = api(USER), given.timeline(finished)

    assert deliver(contracts.UserRegistered(user_id=USER)) == "handled"
    assert deliver(contracts.UserDeactivated(user_id=USER)) == "handled"

    assert given.state(pending)[:2] == given.state(processing)[:2] == ("cancelled", "user_inactive")
    assert given.state(finished)[0] == "completed"
    assert given.timeline(finished) == story
    assert given.state(others)[0] == "pending"
    assert [(event.TYPE, event.subject) for event in said()] == [
        ("orders.order_cancelled.v1", order_id) for order_id in sorted([pending, processing])
    ]
    assert given.timeline(pending)[-1] == ("transition", "pending", "cancelled", "users.user_deactivated.v1")
    subjects.forget_cache()
    assert client.get("orders/").status_code == 401


def test_a_user_without_orders_is_deactivated_all_the_same() -> None:
    services.user_deactivate(user_id=USER, cause=services.Cause(name="test"))

    assert subjects.is_deactivated(USER)
    assert said() == []


def test_a_cancel_and_a_capture_at_once_agree_on_one_story(api: Any) -> None:
    for _ in range(10):
        order_id = given.processing(uuid7())
        client = api(given.row(order_id).user_id)

        def act(number: int, order_id: Any = order_id, client: Any = client) -> Any:
            if number:
                return client.post(f"orders/{order_id}/cancel/").status_code
            return deliver(given.captured(order_id))

        outcome, status = together(2, act)

        assert outcome == "handled"
        told = [event.TYPE for event in said()]
        if status == 200:
            assert given.state(order_id)[:2] == ("cancelled", "by_customer")
            assert told == ["orders.order_cancelled.v1"]
        else:
            assert (status, given.state(order_id)[0]) == (409, "completed")
            assert told == ["orders.order_completed.v1"]
        clear_outbox()
