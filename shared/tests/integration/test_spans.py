"""Spans as a collector gets them: sampled, bounded, nothing personal; and a collector that is away harms nobody."""

import contextlib
import logging
import socket
import threading
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from conftest import Greeted
from shared import tracing
from shared.events import delivery, outbox, outgoing, spans
from shared.testing import waiting
from shared.tracing import exporting, pipeline
from tools.traces import tree
from tools.traces.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "canary.person@example.com"
SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


@pytest.fixture
def receiver():
    with contextlib.closing(Receiver()) as collector:
        yield collector


@pytest.fixture
def sending():
    """Start sending spans to an endpoint, and stop after the test."""
    yield lambda endpoint, ratio=1.0: exporting.start(endpoint, ratio=ratio, resource={"service.name": "shared"})
    exporting.stop()
    waiting.eventually(lambda: exporting.LAST not in {thread.name for thread in threading.enumerate()})


def test_a_request_and_its_statements_reach_the_collector_without_parameters(receiver, sending, api, settings):
    settings.ROOT_URLCONF = "notes"
    sending(receiver.url)

    api().get("open/", {CANARY: "1"}, traceparent=SAMPLED)
    with tracing.span("work", parent=SAMPLED), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_outbox WHERE type = %s", [CANARY])
    exporting.stop()

    found = receiver.spans(SAMPLED[3:35])
    assert tree.edges(found) == {
        ("", "shared GET /api/v2/open/"),
        ("", "shared work"),
        ("shared work", "shared SELECT events_outbox"),
    }
    request = found[0]
    assert request.kind == "server"
    assert request.attributes["http.response.status_code"] == 400
    assert CANARY not in str(found)


def test_what_the_parent_does_not_record_is_not_recorded(receiver, sending):
    sending(receiver.url)

    with tracing.span("unsampled", parent=UNSAMPLED):
        assert tracing.trace_id() == UNSAMPLED[3:35]
        assert tracing.traceparent().endswith("-00")
    with tracing.span("sampled", parent=SAMPLED):
        assert tracing.traceparent().endswith("-01")
    exporting.stop()

    assert [span.name for span in receiver.spans()] == ["sampled"]


def test_the_ratio_decides_over_traces_that_begin_here(receiver, sending):
    sending(receiver.url, ratio=0.0)

    with tracing.span("root"):
        assert int(tracing.traceparent()[-2:], 16) & 1 == 0
    exporting.stop()

    assert receiver.spans() == []


def test_a_failed_span_names_the_kind_of_error_and_not_its_text(receiver, sending):
    sending(receiver.url)

    with pytest.raises(DatabaseError), tracing.span("work", parent=SAMPLED), connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [CANARY])
    exporting.stop()

    work, statement = receiver.spans()
    assert work.failed
    assert statement.failed
    assert statement.attributes["error.type"] == "DataError"
    assert CANARY not in str(receiver.spans())


def test_an_event_continues_the_trace_that_caused_it(receiver, sending, effects):
    sending(receiver.url)

    with tracing.span("cause", parent=SAMPLED), transaction.atomic():
        outbox.append(Greeted(guest_id=uuid.uuid4()))
    rows = [row for row in outgoing.unsent(limit=10) if row["traceparent"].startswith(SAMPLED[:35])]
    with spans.publishing(rows):
        (envelope,) = (outgoing.envelope_of(row) for row in rows)
    readable = {**envelope, "id": str(envelope["id"]), "data": {"guest_id": str(envelope["subject"])}}
    assert delivery.deliver(readable) == "handled"
    exporting.stop()

    steps = [span for span in receiver.spans() if span.kind != "client"]
    assert tree.edges(steps) == {
        ("", "shared cause"),
        ("shared cause", "shared publish shared.greeted.v1"),
        ("shared publish shared.greeted.v1", "shared handle shared.greeted.v1"),
    }
    assert [line[27:] for line in tree.draw(steps).splitlines()] == [
        "shared: cause",
        "   shared: publish shared.greeted.v1",
        "      shared: handle shared.greeted.v1",
    ]
    assert steps[-1].attributes["plaza.event.subject"] == str(envelope["subject"])


def sent_by(monkeypatch, laid):
    """Return the list of threads that try to send spans, to be."""
    threads, export = [], laid.exporter.export
    monkeypatch.setattr(
        laid.exporter, "export", lambda spans: threads.append(threading.current_thread()) or export(spans)
    )
    return threads


@pytest.mark.parametrize("state", ["closed", "frozen"])
def test_a_collector_that_is_away_costs_nothing_and_fills_no_memory(sending, api, settings, monkeypatch, state):
    settings.ROOT_URLCONF = "notes"
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1] if state == "frozen" else 1
        sending(f"http://127.0.0.1:{port}")
        exporters = sent_by(monkeypatch, exporting._pipeline)

        statuses = {api().get("open/", traceparent=SAMPLED).status_code for _ in range(50)}
        for _ in range(2 * pipeline.QUEUE):
            with tracing.span("work", parent=SAMPLED):
                pass
        laid = exporting._pipeline
        processor = laid.provider._active_span_processor._span_processors[0]
        assert len(processor._batch_processor._queue) <= pipeline.QUEUE
        assert statuses == {200}
        monkeypatch.setattr(exporting, "_SECONDS_OF_STOPPING", 0.5)
        exporting.stop()
        assert laid.exporter._shutdown  # not only once it has tried every batch in vain
        assert threading.current_thread() not in exporters  # which would have waited for the collector


def test_without_a_collector_a_span_carries_its_ids_and_records_nothing():
    with tracing.span("work", parent=SAMPLED) as span:
        assert not span.is_recording()
        assert tracing.traceparent().startswith(SAMPLED[:35])
        assert tracing.traceparent() != SAMPLED
        with tracing.span("inner"):
            assert tracing.trace_id() == SAMPLED[3:35]
    with tracing.span("root"):
        assert len(tracing.trace_id()) == 32


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "nonsense",
        "ff-" + SAMPLED[3:],
        "00-" + "0" * 32 + SAMPLED[35:],
        SAMPLED[:36] + "0" * 16 + "-01",
        SAMPLED.upper(),
    ],
)
def test_a_wrong_traceparent_begins_a_new_trace(wrong):
    with tracing.span("work", parent=wrong):
        assert tracing.trace_id() not in {"", "0" * 32, SAMPLED[3:35]}
