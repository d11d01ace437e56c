"""One trace runs from the gateway through every service and event to the last handler."""

import sys

import pytest
from shop import eventually

from tools.traces import tree

LAST = "handle catalog.stock_committed.v1"


@pytest.fixture
def journey(collector, shopper, product):
    """The trace of one order, once its last event has been handled and the gateway has sent its own span."""
    customer = shopper()
    order = customer.order((product(), 2))
    assert order["status"] == "completed"
    entry = customer.get(f"orders/{order['id']}/timeline/")["data"][0]

    def whole():
        """Every process sends its spans when it likes: all are there when the last hangs together with the first."""
        spans = collector.spans(entry["trace_id"])
        known = {span.id for span in spans}
        loose = [span.service for span in spans if span.parent not in known]
        return spans if loose == ["gateway"] and LAST in {span.name for span in spans} else None

    return order, eventually(whole)


def test_an_order_is_one_trace_from_the_gateway_to_the_last_handler(journey):
    _, spans = journey
    steps = [span for span in spans if span.kind != "client"]
    sys.stdout.write(f"\n{tree.draw(steps)}\n")

    story = [
        ("orders", "orders.order_placed.v1", "catalog"),
        ("catalog", "catalog.stock_reserved.v1", "orders"),
        ("orders", "orders.payment_requested.v1", "users"),
        ("users", "users.payment_captured.v1", "orders"),
        ("orders", "orders.order_completed.v1", "catalog"),
        ("catalog", "catalog.stock_committed.v1", "orders"),
    ]
    expected = {("", "gateway POST orders"), ("gateway POST orders", "orders POST /api/v2/orders/")}
    cause = "orders POST /api/v2/orders/"
    for source, kind, target in story:
        expected |= {
            (cause, f"{source} publish {kind}"),
            (f"{source} publish {kind}", f"{target} handle {kind}"),
        }
        cause = f"{target} handle {kind}"
    assert tree.edges(steps) == expected
    assert {span.kind for span in steps} == {"server", "producer", "consumer"}
    assert not [span for span in spans if span.failed]


def test_every_step_names_its_statements_and_nothing_personal(journey):
    order, spans = journey
    statements = [span for span in spans if span.kind == "client"]
    handled = [span for span in spans if span.kind in {"consumer", "server"} and span.service != "gateway"]

    assert {span.id for span in handled} == {span.parent for span in statements}
    assert {frozenset(span.attributes) for span in statements} == {
        frozenset({"db.system.name", "db.query.text", "db.query.summary"})
    }
    assert [span.name for span in statements if order["id"] in str(span.attributes)] == []
    assert max(len(span.attributes["db.query.text"]) for span in statements) <= 200


def test_a_step_begins_after_its_cause(journey):
    _, spans = journey
    by_id = {span.id: span for span in spans}

    early = [span.name for span in spans if span.parent in by_id and span.began < by_id[span.parent].began - 5_000_000]

    assert early == []
    request = next(span for span in spans if span.name == "POST /api/v2/orders/")
    assert request.attributes["http.response.status_code"] == 201
    assert request.attributes["http.route"] == "/api/v2/orders/"
