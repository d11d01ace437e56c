"""The timeline: everything that happens to an order, with its time, cause, attempt and trace; no link is missing."""

from typing import Any
from uuid import UUID

import given
import pytest
from django.core.management import call_command

from orders import tasks
from orders.models import TimelineEntry
from shared.db.models import uuid7
from shared.events import contracts, delivery
from shared.testing.events import clear_outbox, enveloped, outbox

pytestmark = pytest.mark.django_db(transaction=True)

USER = uuid7()


def trace(number: int) -> str:
    """Return a trace id."""
    return f"{number:032x}"


def parent(number: int) -> str:
    """Return a traceparent of that trace."""
    return f"00-{trace(number)}-b7ad6b7169203331-01"


def place(api: Any, number: int) -> UUID:
    body = {"items": [{"product_id": str(uuid7()), "quantity": 1}]}
    return UUID(api(USER).post("orders/", body, traceparent=parent(number)).json()["id"])


def arrive(event: contracts.Contract, number: int, attempt: int = 0) -> str:
    """Deliver an event that was caused in a trace; returns its id."""
    raw = {**enveloped(event), "traceparent": parent(number)}
    assert delivery.deliver(raw, attempt=attempt) == "handled"
    return str(raw["id"])


def last(order_id: UUID) -> TimelineEntry:
    found = TimelineEntry.objects.filter(order_id=order_id).order_by("id").last()
    assert found is not None
    return found


def test_each_entry_names_the_trace_of_its_cause_and_passes_it_on(api: Any) -> None:
    order_id = place(api, 1)
    assert [event.traceparent[3:35] for event in outbox()] == [trace(1)]
    clear_outbox()

    held = arrive(given.reserved(order_id), 2)
    assert [event.traceparent[3:35] for event in outbox()] == [trace(2)]
    clear_outbox()
    paid = arrive(given.captured(order_id), 3)
    taken = arrive(contracts.StockCommitted(order_id=order_id), 4)

    entries = api(USER).get(f"orders/{order_id}/timeline/").json()["data"]
    assert [(entry["event_id"], entry["trace_id"]) for entry in entries] == [
        (None, trace(1)),
        (held, trace(2)),
        (paid, trace(3)),
        (taken, trace(4)),
    ]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)


def test_an_event_without_a_trace_begins_one() -> None:
    order_id = given.placed()

    given.tell(given.reserved(order_id))

    assert len(last(order_id).trace_id) == 32
    assert last(order_id).trace_id != trace(0)


def test_a_retried_event_says_which_attempt_succeeded() -> None:
    order_id = given.placed()

    arrive(given.reserved(order_id), 1, attempt=4)

    assert (last(order_id).cause, last(order_id).attempt) == ("catalog.stock_reserved.v1", 5)


def test_a_repeated_question_says_how_often_it_was_asked_and_is_traced() -> None:
    order_id = given.processing()
    traces = set()

    for attempt in (2, 3):
        given.later(order_id, 60)
        tasks.sweep()
        entry = last(order_id)
        assert (entry.kind, entry.cause, entry.attempt, entry.event_id) == ("ask", "no_answer", attempt, None)
        assert (entry.from_status, entry.to_status) == ("processing", "processing")
        assert [event.traceparent[3:35] for event in outbox()] == [entry.trace_id]
        traces.add(entry.trace_id)
        clear_outbox()

    assert len(traces) == 2


def test_a_time_out_is_traced() -> None:
    order_id = given.placed()
    given.later(order_id, 901)

    tasks.sweep()

    (entry,) = TimelineEntry.objects.filter(order_id=order_id, cause="timeout")
    assert (entry.kind, entry.to_status, len(entry.trace_id)) == ("transition", "cancelled", 32)


def test_cancelling_names_who_and_in_which_trace(api: Any) -> None:
    mine, refunded = given.placed(USER), given.completed()

    api(USER).post(f"orders/{mine}/cancel/", traceparent=parent(7))
    api(uuid7(), roles=("staff",)).post(f"orders/{refunded}/cancel/", traceparent=parent(8))

    assert (last(mine).cause, last(mine).trace_id) == ("customer", trace(7))
    assert (last(refunded).cause, last(refunded).trace_id) == ("staff", trace(8))


@pytest.mark.parametrize("words", [("retry",), ("cancel", "--reason", "by_staff")])
def test_what_an_operator_does_is_traced(words: tuple[str, ...]) -> None:
    order_id = given.placed()

    call_command("saga", words[0], str(order_id), *words[1:])

    assert (last(order_id).cause, len(last(order_id).trace_id)) == ("operator", 32)
    assert [event.traceparent[3:35] for event in outbox()] == [last(order_id).trace_id]
