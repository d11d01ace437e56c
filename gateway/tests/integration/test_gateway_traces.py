"""The gateway begins traces or continues them, and sends its spans to a collector, without anything personal."""

import re
import time

import pytest

from tools.traces.receiver import Receiver, Span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def receiver():
    collector = Receiver()
    yield collector
    collector.close()


@pytest.fixture(scope="module")
def traced(start, receiver):
    return start(collector=receiver.url, TRACES_PERCENT="100")


def spans_of(receiver: Receiver, trace: str) -> list[Span]:
    """Return a trace's spans; the gateway sends them every five seconds."""
    deadline = time.monotonic() + 120
    while not (found := receiver.spans(trace)):
        assert time.monotonic() < deadline, "no spans"
        time.sleep(0.1)
    return found


def test_a_trace_begins_at_the_gateway_and_the_service_continues_it(traced, receiver):
    seen = traced.client.get("/api/v2/products/?search=canary@example.com", headers={"User-Agent": "canary"}).json()

    found = re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01", seen["headers"]["traceparent"])
    assert found, seen["headers"]
    trace, parent = found.groups()
    (span,) = spans_of(receiver, trace)
    assert (span.service, span.name, span.kind, span.id, span.parent) == (
        "gateway",
        "GET catalog",
        "server",
        parent,
        "",
    )
    assert span.attributes["http.route"] == "catalog"
    assert span.attributes["http.status_code"] == "200"
    assert not [value for value in span.attributes.values() if "canary" in str(value) or "127.0.0.1" in str(value)]


def test_a_callers_trace_goes_on(traced, receiver):
    seen = traced.client.get("/api/v2/orders/", headers={"traceparent": PARENT}).json()

    (span,) = spans_of(receiver, PARENT[3:35])
    assert span.parent == PARENT[36:52]
    assert seen["headers"]["traceparent"] == f"00-{PARENT[3:35]}-{span.id}-01"


def test_a_collector_that_is_away_costs_nothing(start):
    alone = start(collector="http://127.0.0.1:1", TRACES_PERCENT="100")

    assert [alone.client.get("/api/v2/orders/").status_code for _ in range(20)] == [200] * 20


def test_without_a_collector_a_trace_passes_untouched(edge):
    seen = edge.client.get("/api/v2/orders/", headers={"traceparent": PARENT}).json()

    assert seen["headers"]["traceparent"] == PARENT
    assert "traceparent" not in edge.client.get("/api/v2/orders/").json()["headers"]
