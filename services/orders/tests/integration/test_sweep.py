"""The sweep, by the database's clock: time-outs, repeated questions, and two sweeps at once."""

from typing import Any

import given
import pytest
from django.db import transaction

from orders import services, tasks
from orders.models import Order, TimelineEntry
from orders.services import sweeping
from shared.db.locks import advisory_lock
from shared.events import contracts
from shared.testing.events import clear_outbox, said
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = {"timed_out": 0, "asked_again": 0}


def test_nothing_is_due_too_early() -> None:
    order_id = given.placed()
    given.later(order_id, 4)

    assert services.orders_sweep() == NOTHING
    assert said() == []


@pytest.mark.parametrize("make", [given.placed, given.processing])
def test_an_open_order_times_out(make: Any) -> None:
    order_id = make()
    was = given.row(order_id).status
    given.later(order_id, 901)

    assert services.orders_sweep() == {"timed_out": 1, "asked_again": 0}

    order = given.row(order_id)
    assert (order.status, order.reason, order.settled_at) == ("cancelled", "timeout", None)
    assert said() == [contracts.OrderCancelled(order_id=order_id, user_id=order.user_id, reason="timeout")]
    assert given.timeline(order_id)[-1] == ("transition", was, "cancelled", "timeout")
    assert given.seconds_until(order_id, "next_ask_at") == pytest.approx(5, abs=2)


def test_a_completed_order_never_times_out() -> None:
    order_id = given.processing()
    given.tell(given.captured(order_id))
    given.later(order_id, 901)

    assert services.orders_sweep() == {"timed_out": 0, "asked_again": 1}

    assert given.state(order_id)[0] == "completed"
    assert said() == [contracts.OrderCompleted(order_id=order_id)]


def test_a_pending_order_asks_for_its_stock_again_with_growing_pauses() -> None:
    order_id = given.placed(quantities=(2, 3))
    order = given.row(order_id)
    lines = tuple(
        contracts.OrderLine(product_id=line.product_id, quantity=line.quantity) for line in order.lines.order_by("id")
    )

    for asks, pause in enumerate((10, 20, 40, 80), start=1):
        given.later(order_id, 81)
        Order.objects.update(deadline_at=order.deadline_at)
        assert services.orders_sweep() == {"timed_out": 0, "asked_again": 1}
        assert said() == [contracts.OrderPlaced(order_id=order_id, user_id=order.user_id, lines=lines)]
        assert given.row(order_id).asks == asks
        assert given.seconds_until(order_id, "next_ask_at") == pytest.approx(pause, abs=2)
        clear_outbox()

    assert given.timeline(order_id)[1:] == [("ask", "pending", "pending", "no_answer")] * 4
    attempts = TimelineEntry.objects.filter(order_id=order_id, kind="ask").order_by("id")
    assert list(attempts.values_list("attempt", flat=True)) == [2, 3, 4, 5]


def test_each_status_asks_its_own_question() -> None:
    processing, cancelled = given.processing(), given.cancelled()
    settled = given.completed()
    for order_id in (processing, cancelled):
        given.later(order_id, 6)
    user_ids = {order_id: given.row(order_id).user_id for order_id in (processing, cancelled)}

    assert services.orders_sweep() == {"timed_out": 0, "asked_again": 2}

    assert {event.subject: event for event in said()} == {
        processing: contracts.PaymentRequested(order_id=processing, user_id=user_ids[processing], amount="5.00"),  # type: ignore[arg-type]
        cancelled: contracts.OrderCancelled(order_id=cancelled, user_id=user_ids[cancelled], reason="by_customer"),
    }
    assert given.row(settled).asks == 0


def test_a_transition_starts_the_pauses_anew() -> None:
    order_id = given.placed()
    given.later(order_id, 6)
    services.orders_sweep()
    clear_outbox()

    given.tell(given.reserved(order_id))

    assert given.row(order_id).asks == 0
    assert given.seconds_until(order_id, "next_ask_at") == pytest.approx(5, abs=2)


def test_an_answer_that_moves_nothing_leaves_the_next_repetition_as_planned() -> None:
    order_id = given.cancelled()
    given.later(order_id, 6)
    services.orders_sweep()

    given.tell(contracts.StockReleased(order_id=order_id))

    assert given.row(order_id).asks == 1
    assert given.seconds_until(order_id, "next_ask_at") == pytest.approx(10, abs=2)


def test_more_than_a_batch_is_swept_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_BATCH", 2)
    for _ in range(5):
        given.later(given.placed(), 6)

    assert services.orders_sweep() == {"timed_out": 0, "asked_again": 5}
    assert len(said()) == 5


def test_one_sweep_ends_although_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_BATCH", 1)
    monkeypatch.setattr(sweeping, "_MOST_BATCHES", 2)
    for _ in range(3):
        given.later(given.placed(), 6)

    assert services.orders_sweep() == {"timed_out": 0, "asked_again": 2}


def test_two_sweeps_at_once_handle_each_order_once() -> None:
    for number in range(30):
        given.later(given.placed(), 6 if number % 2 else 901)

    # below the lock that keeps sweeps apart: rows must do so as well
    results: list[Any] = together(2, lambda _: sweeping._sweep())

    assert [sum(each[name] for each in results) for name in NOTHING] == [15, 15]
    subjects = [event.subject for event in said()]
    assert len(subjects) == len(set(subjects)) == 30


def test_an_order_that_somebody_works_on_is_left_for_the_next_tick() -> None:
    order_id = given.placed()
    given.later(order_id, 901)

    with transaction.atomic():
        Order.objects.select_for_update().get(id=order_id)
        assert together(1, lambda _: services.orders_sweep()) == [NOTHING]

    assert services.orders_sweep() == {"timed_out": 1, "asked_again": 0}


def test_a_second_sweeper_leaves_it_to_the_first() -> None:
    given.later(given.placed(), 901)

    with advisory_lock("orders_sweep") as taken:
        assert taken
        assert together(1, lambda _: services.orders_sweep()) == [NOTHING]
    tasks.sweep()

    assert len(said()) == 1
