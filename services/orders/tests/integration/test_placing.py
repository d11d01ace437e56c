"""Placing an order: what is written, what is said, what is refused without a trace."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import given
import pytest
from django.utils import timezone

from orders import services
from orders.models import Order, OrderLine, TimelineEntry
from shared.db.models import uuid7
from shared.events import contracts
from shared.events.models import OutboxEvent
from shared.testing.events import said

pytestmark = pytest.mark.django_db

USER, TEA, CUP = uuid7(), uuid7(), uuid7()


def wish(*lines: tuple[Any, Any]) -> dict[str, Any]:
    return {"items": [{"product_id": product, "quantity": quantity} for product, quantity in lines]}


def assert_nothing_written() -> None:
    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()
    assert not TimelineEntry.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_a_new_order_is_pending_and_asks_for_stock(api: Any) -> None:
    answer = api(USER).post("orders/", wish((TEA, 2), (CUP, 1)))

    body = answer.json()
    order_id = UUID(body["id"])
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v2/orders/{order_id}/"
    unknown = {"sku": None, "name": None, "unit_price": None, "line_total": None}
    order = given.row(order_id)
    assert body == {
        "id": str(order_id),
        "user_id": str(USER),
        "status": "pending",
        "reason": None,
        "items": [
            {"product_id": str(TEA), "quantity": 2, **unknown},
            {"product_id": str(CUP), "quantity": 1, **unknown},
        ],
        "total": None,
        "currency": "GBP",
        "placed_at": order.placed_at.isoformat().replace("+00:00", "Z"),
        "updated_at": order.updated_at.isoformat().replace("+00:00", "Z"),
    }
    assert api(USER).get(f"orders/{order_id}/").json() == body
    assert given.state(order_id) == ("pending", "", "none", "none", False)
    assert order.placed_on == order.placed_at.date()
    assert given.timeline(order_id) == [("transition", "", "pending", "customer")]
    lines = (contracts.OrderLine(product_id=TEA, quantity=2), contracts.OrderLine(product_id=CUP, quantity=1))
    assert said() == [contracts.OrderPlaced(order_id=order_id, user_id=USER, lines=lines)]


def test_v1_puts_the_order_in_its_envelope(api: Any) -> None:
    answer = api(USER, version="v1").post("orders", wish((TEA, 2)))

    assert answer.status_code == 202
    assert set(answer.json()) == {"data"}
    assert answer.headers["Location"] == f"/api/v1/orders/{answer.json()['data']['id']}/"
    assert answer.headers["Deprecation"]


def test_deadline_and_first_repetition_follow_the_database_clock(settings: Any) -> None:
    settings.ORDER_TIMEOUT = 77

    order_id = given.placed(now=timezone.now() - timedelta(days=3))

    assert given.seconds_until(order_id, "deadline_at") == pytest.approx(77, abs=2)
    assert given.seconds_until(order_id, "next_ask_at") == pytest.approx(5, abs=2)


def test_lines_of_one_product_are_merged(api: Any) -> None:
    body = api(USER).post("orders/", wish((TEA, 2), (CUP, 1), (TEA, 5))).json()

    assert [(item["product_id"], item["quantity"]) for item in body["items"]] == [(str(TEA), 7), (str(CUP), 1)]


def test_merged_lines_may_not_exceed_one_lines_limit(api: Any) -> None:
    answer = api(USER).post("orders/", wish((TEA, 1_000_000), (TEA, 1)))

    assert answer.status_code == 400
    assert answer.json()["code"] == "validation_error"
    assert answer.json()["errors"] == {"items": ["At most 1000000 of one product may be ordered."]}
    assert_nothing_written()


def test_the_largest_order_is_accepted(api: Any) -> None:
    answer = api(USER).post("orders/", wish(*((uuid7(), 1_000_000) for _ in range(1500))))

    assert answer.status_code == 202
    assert OrderLine.objects.count() == 1500


MANY = [{"product_id": str(TEA), "quantity": 1}] * 1501
REFUSALS = {
    "quantity 0": (wish((TEA, 0)), "items.0.quantity", "Ensure this value is greater than or equal to 1."),
    "quantity too large": (
        wish((TEA, 1_000_001)),
        "items.0.quantity",
        "Ensure this value is less than or equal to 1000000.",
    ),
    "quantity true": (wish((TEA, True)), "items.0.quantity", "This must be a whole number, not in quotes."),
    "quantity no number": (wish((TEA, "5")), "items.0.quantity", "This must be a whole number, not in quotes."),
    "product no id": (wish((TEA, 1), ("tea", 1)), "items.1.product_id", "Must be a valid UUID."),
    "unknown field": ({**wish((TEA, 1)), "price": "0.01"}, "price", "Unknown field."),
    "unknown field of a line": (
        {"items": [{"product_id": TEA, "quantity": 1, "unit_price": "0.01"}]},
        "items.0.unit_price",
        "Unknown field.",
    ),
    "no items": ({}, "items", "This field is required."),
    "empty items": ({"items": []}, "items", "Ensure this field has at least 1 elements."),
    "1501 lines": ({"items": MANY}, "items", "Ensure this field has no more than 1500 elements."),
}


@pytest.mark.parametrize(("body", "field", "text"), REFUSALS.values(), ids=REFUSALS.keys())
def test_wrong_input_is_refused_by_name(api: Any, body: Any, field: str, text: str) -> None:
    new = api(USER).post("orders/", body)
    old = api(USER, version="v1").post("orders/", body)

    assert (new.status_code, old.status_code) == (400, 400)
    assert new.headers["Content-Type"] == "application/problem+json"
    assert new.json() == {
        "type": "http://127.0.0.1:8080/problems/validation_error",
        "title": "Bad Request",
        "status": 400,
        "detail": f"{field}: {text}",
        "instance": "/api/v2/orders/",
        "code": "validation_error",
        "errors": {field: [text]},
        "request_id": new.headers["X-Request-ID"],
    }
    assert old.json() == {
        "error": {
            "status_code": 400,
            "message": f"{field}: {text}",
            "code": "validation_error",
            "details": {field: [text]},
        }
    }
    assert_nothing_written()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_malformed_json_and_unknown_parameters_are_refused(api: Any, version: str) -> None:
    client = api(USER, version=version)

    broken = client.post("orders/", '{"items": [')
    unknown = client.post("orders/?colour=red", wish((TEA, 1)))

    assert (broken.status_code, unknown.status_code) == (400, 400)
    assert "not valid JSON" in broken.content.decode()
    assert '"colour":["Unknown query parameter."]' in unknown.content.decode()
    assert_nothing_written()


def test_nobody_places_nothing(api: Any) -> None:
    answer = api().post("orders/", wish((TEA, 1)))

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert_nothing_written()


@pytest.mark.django_db(transaction=True)
def test_a_second_pending_order_of_the_day_is_refused(api: Any) -> None:
    first = given.placed(USER)

    answer = api(USER).post("orders/", wish((TEA, 1)))

    assert answer.status_code == 409
    assert answer.headers["Retry-After"] == "1"
    body = answer.json()
    assert (body["code"], body["order_id"]) == ("pending_order_exists", str(first))
    assert list(Order.objects.values_list("id", flat=True)) == [first]
    assert OrderLine.objects.count() == 1
    assert said() == []
    assert len(given.timeline(first)) == 1


@pytest.mark.django_db(transaction=True)
def test_v1_names_the_pending_order_in_the_details(api: Any) -> None:
    first = given.placed(USER)

    error = api(USER, version="v1").post("orders/", wish((TEA, 1))).json()["error"]

    assert (error["code"], error["details"]) == ("pending_order_exists", {"order_id": str(first)})


def test_another_day_another_user_or_a_processed_order_leave_room(api: Any) -> None:
    given.placed(USER, now=given.NOON - timedelta(hours=13))
    given.placed(USER, now=given.NOON)
    given.placed(uuid7())
    other = given.processing(uuid7())

    assert api(given.row(other).user_id).post("orders/", wish((TEA, 1))).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_the_pending_order_may_move_on_between_the_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    given.placed(USER)
    monkeypatch.setattr("orders.services.placing._pending_id", lambda **_: None)

    with pytest.raises(services.PendingOrderExists) as caught:
        given.placed(USER)

    assert (caught.value.extra, caught.value.retry_after) == ({}, 1)
    assert Order.objects.count() == 1


@pytest.mark.parametrize("count", [3, 25])
def test_placing_takes_the_same_few_statements_for_any_number_of_lines(api: Any, count: int) -> None:
    client, body = api(USER), wish(*((uuid7(), 1) for _ in range(count)))
    plain = given.statements(lambda: client.post("orders/", body))
    client.post(f"orders/{Order.objects.get().id}/cancel/")
    keyed = given.statements(lambda: client.post("orders/", body, idempotency_key="once"))

    # the order with its rows, its event; BEGIN and COMMIT around
    assert plain == ["WITH", "INSERT"]
    # lock of the key, its stored answer, the order, its event, the key's answer; BEGIN, SAVEPOINT and ends around
    assert keyed == ["SELECT", "SELECT", "WITH", "INSERT", "INSERT"]
    assert Order.objects.count() == 2
