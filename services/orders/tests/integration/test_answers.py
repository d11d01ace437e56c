"""What the participants answer, once, twice and in any order: rows, timeline and exactly what is said."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import given
import pytest
from prometheus_client import REGISTRY

from orders import domain, services
from orders.models import OrderLine
from orders.services import recording
from shared.db.models import uuid7
from shared.events import contracts
from shared.events.models import FailedEvent
from shared.testing.events import deliver, outbox, said

pytestmark = pytest.mark.django_db


def test_a_reservation_fills_the_lines_and_asks_for_the_money() -> None:
    order_id = given.placed(quantities=(2, 3))

    assert deliver(given.reserved(order_id)) == "handled"

    order = given.row(order_id)
    assert given.state(order_id) == ("processing", "", "held", "none", False)
    assert order.total == Decimal("12.50")
    lines = OrderLine.objects.filter(order_id=order_id).order_by("id")
    assert list(lines.values_list("sku", "name", "quantity", "unit_price")) == [
        ("SKU-0", "Thing 0", 2, given.PRICE),
        ("SKU-1", "Thing 1", 3, given.PRICE),
    ]
    asked = contracts.PaymentRequested(order_id=order_id, user_id=order.user_id, amount=Decimal("12.50"))
    assert said() == [asked]
    assert outbox()[0].data["amount"] == "12.50"
    assert given.timeline(order_id)[1:] == [("transition", "pending", "processing", "catalog.stock_reserved.v1")]


def test_a_capture_completes_the_order() -> None:
    order_id = given.processing()

    deliver(given.captured(order_id))

    assert given.state(order_id) == ("completed", "", "held", "captured", False)
    assert said() == [contracts.OrderCompleted(order_id=order_id)]
    assert given.timeline(order_id)[-1] == ("transition", "processing", "completed", "users.payment_captured.v1")


def test_the_commit_settles_it() -> None:
    order_id = given.processing()
    given.tell(given.captured(order_id))

    deliver(contracts.StockCommitted(order_id=order_id))

    assert given.state(order_id) == ("completed", "", "committed", "captured", True)
    assert given.row(order_id).next_ask_at is None
    assert said() == []
    assert given.timeline(order_id)[-1] == ("event", "completed", "completed", "catalog.stock_committed.v1")


@pytest.mark.parametrize("reason", ["insufficient_stock", "unknown_product"])
def test_a_rejection_cancels_and_lets_users_refuse_later(reason: str) -> None:
    order_id = given.placed()

    deliver(given.rejected(order_id, reason))

    order = given.row(order_id)
    assert given.state(order_id) == ("cancelled", reason, "rejected", "none", False)
    assert order.shortages == [{"product_id": str(order.lines.get().product_id), "requested": 2, "available": 1}]
    assert said() == [contracts.OrderCancelled(order_id=order_id, user_id=order.user_id, reason=reason)]  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["insufficient_funds", "user_inactive"])
def test_a_decline_cancels_and_releases(reason: str) -> None:
    order_id = given.processing()

    deliver(contracts.PaymentDeclined(order_id=order_id, reason=reason))  # type: ignore[arg-type]

    user_id = given.row(order_id).user_id
    assert given.state(order_id) == ("cancelled", reason, "held", "declined", False)
    assert said() == [contracts.OrderCancelled(order_id=order_id, user_id=user_id, reason=reason)]  # type: ignore[arg-type]


def test_compensation_settles_in_any_order() -> None:
    for first, second in permutations(("stock", "money")):
        order_id = given.cancelled()
        answers = {
            "stock": contracts.StockReleased(order_id=order_id),
            "money": contracts.PaymentVoided(order_id=order_id),
        }

        deliver(answers[first])
        assert given.state(order_id)[-1] is False
        deliver(answers[second])

        assert given.state(order_id) == ("cancelled", "by_customer", "released", "voided", True)
        assert said() == []


def test_a_cancelled_order_absorbs_late_successes_until_they_are_compensated() -> None:
    cancelled = given.cancelled()

    given.tell(given.reserved(cancelled))
    assert given.state(cancelled) == ("cancelled", "by_customer", "held", "none", False)
    assert given.row(cancelled).total is None
    deliver(given.captured(cancelled))
    assert given.state(cancelled) == ("cancelled", "by_customer", "held", "captured", False)
    assert said() == []

    given.tell(given.refunded(cancelled), contracts.StockReleased(order_id=cancelled))
    assert given.state(cancelled) == ("cancelled", "by_customer", "released", "refunded", True)


@pytest.mark.django_db(transaction=True)
def test_an_order_was_updated_when_its_status_last_changed() -> None:
    order_id = given.placed()
    times = [given.row(order_id).updated_at]

    for event in (given.reserved(order_id), given.captured(order_id), contracts.StockCommitted(order_id=order_id)):
        given.tell(event)
        times.append(given.row(order_id).updated_at)

    placed, held, paid, committed = times
    assert placed < held < paid == committed


def test_the_same_event_twice_has_one_effect() -> None:
    order_id, event_id = given.placed(), uuid7()

    outcomes = [deliver(given.reserved(order_id), event_id) for _ in range(2)]

    assert outcomes == ["handled", "duplicate"]
    assert len(said()) == 1
    assert len(given.timeline(order_id)) == 2


def test_the_same_answer_again_is_noted_and_says_nothing() -> None:
    order_id = given.completed()
    before = given.state(order_id)

    for event in (given.reserved(order_id), given.captured(order_id), contracts.StockCommitted(order_id=order_id)):
        assert deliver(event) == "handled"

    assert given.state(order_id) == before
    assert said() == []
    assert [entry[0] for entry in given.timeline(order_id)[-3:]] == ["event"] * 3


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4))))
def test_answers_of_an_order_cancelled_in_processing_settle_in_any_order(order_of_arrival: tuple[int, ...]) -> None:
    order_id = given.placed()
    answers = [
        given.reserved(order_id),
        contracts.PaymentDeclined(order_id=order_id, reason="insufficient_funds"),
        contracts.StockReleased(order_id=order_id),
        contracts.StockReleased(order_id=order_id),
    ]

    for number in order_of_arrival:
        deliver(answers[number])
    # whoever was asked too early or too late is asked again, and tells its final state
    deliver(contracts.StockReleased(order_id=order_id))
    deliver(contracts.PaymentVoided(order_id=order_id))

    status, _, stock, money, is_settled = given.state(order_id)
    assert (status, stock, is_settled) == ("cancelled", "released", True)
    assert money in ("declined", "voided")


@pytest.mark.parametrize(
    "event",
    [
        contracts.StockReserved(order_id=uuid7(), lines=(), total=Decimal(0)),
        contracts.StockCommitted(order_id=uuid7()),
    ],
)
def test_an_answer_about_an_unknown_order_is_kept_for_a_person(event: contracts.Contract) -> None:
    assert deliver(event) == "retried"

    failed = FailedEvent.objects.get()
    assert failed.error == "OrderUnknown: There is no order with this id."


def other_total(order_id: Any) -> contracts.StockReserved:
    return given.reserved(order_id, total=Decimal("0.01"))


def other_lines(order_id: Any) -> contracts.StockReserved:
    held = given.reserved(order_id)
    return given.reserved(order_id, lines=held.lines[:1], total=held.lines[0].quantity * given.PRICE)


def other_quantity(order_id: Any) -> contracts.StockReserved:
    first, second = given.reserved(order_id).lines
    less = first.model_copy(update={"quantity": 1})
    return given.reserved(order_id, lines=(less, second), total=(1 + second.quantity) * given.PRICE)


@pytest.mark.parametrize("wrong", [other_total, other_lines, other_quantity])
def test_a_reservation_of_something_else_is_not_believed(wrong: Any) -> None:
    order_id = given.placed(quantities=(2, 3))

    assert deliver(wrong(order_id)) == "retried"

    assert FailedEvent.objects.get().error.startswith("ReservationMismatch")
    assert given.state(order_id) == ("pending", "", "none", "none", False)
    assert not OrderLine.objects.filter(unit_price__isnull=False).exists()
    assert said() == []
    assert len(given.timeline(order_id)) == 1


def test_the_timeline_knows_event_attempt_and_trace() -> None:
    from shared.events import delivery
    from shared.testing.events import enveloped

    order_id, event_id, trace = given.placed(), uuid7(), "0af7651916cd43dd8448eb211c80319c"
    envelope = {**enveloped(given.reserved(order_id), event_id), "traceparent": f"00-{trace}-b7ad6b7169203331-01"}

    delivery.deliver(envelope, attempt=2)

    entry = given.row(order_id).timeline.order_by("-id")[0]
    assert (entry.event_id, entry.attempt, entry.trace_id) == (event_id, 3, trace)


@pytest.mark.parametrize("count", [1, 25])
def test_an_answer_takes_the_same_few_statements_for_any_number_of_lines(count: int) -> None:
    order_id = given.placed(quantities=(1,) * count)
    event = given.reserved(order_id)

    words = given.statements(lambda: deliver(event))

    # inbox, lock, lines, order with its timeline, outbox; in production BEGIN and COMMIT around
    assert words == ["INSERT", "SELECT", "WITH", "WITH", "INSERT"]


def test_each_final_status_is_counted_and_the_time_to_it_measured_once(
    django_capture_on_commit_callbacks: Any,
) -> None:
    def count(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    def counts() -> list[float]:
        return [
            count("plaza_orders_total", status="completed", reason=""),
            count("plaza_orders_total", status="cancelled", reason="refunded"),
            count("plaza_order_settlement_seconds_count"),
        ]

    before = counts()
    with django_capture_on_commit_callbacks(execute=True):
        order_id = given.completed()
        deliver(given.captured(order_id))
        services.order_cancel(order_id=order_id, actor=uuid7(), is_staff=True)

    assert [after - was for was, after in zip(before, counts(), strict=True)] == [1, 1, 1]


def test_an_order_that_moved_without_its_lock_is_a_defect_and_not_overwritten() -> None:
    order_id = given.placed()
    stale = given.row(order_id)
    given.tell(given.reserved(order_id))
    decision = domain.decide(domain.Story(), domain.Message.TIMEOUT)

    with pytest.raises(recording.LostOrder, match="1 of 1 orders were not locked"):
        recording.record([recording.changed(stale, decision, recording.Cause(name="timeout"))])
