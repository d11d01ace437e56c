"""Reading orders: one, the list and its filters in both versions, the timeline; nobody sees somebody else's."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import given
import pytest

from shared.db.models import uuid7

pytestmark = pytest.mark.django_db

USER, STAFF = uuid7(), uuid7()


def ids(answer: Any) -> list[UUID]:
    return [UUID(order["id"]) for order in answer.json()["data"]]


def history(user_id: UUID, count: int) -> list[UUID]:
    """Place and cancel orders, an hour apart; the latest first."""
    made = [given.cancelled(user_id, now=given.NOON + timedelta(hours=hour)) for hour in range(count)]
    return made[::-1]


def test_a_completed_order_shows_names_prices_and_totals(api: Any) -> None:
    order_id = given.completed(USER, quantities=(2, 3))
    first, second = given.row(order_id).lines.order_by("id")

    body = api(USER).get(f"orders/{order_id}/").json()

    assert (body["status"], body["reason"], body["total"]) == ("completed", None, "12.50")
    assert body["items"] == [
        {
            "product_id": str(line.product_id),
            "sku": f"SKU-{number}",
            "name": f"Thing {number}",
            "quantity": line.quantity,
            "unit_price": "2.50",
            "line_total": total,
        }
        for number, (line, total) in enumerate([(first, "5.00"), (second, "7.50")])
    ]


def test_v1_shows_the_same_in_its_envelope(api: Any) -> None:
    order_id = given.completed(USER)

    old = api(USER, version="v1").get(f"orders/{order_id}").json()

    assert old == {"data": api(USER).get(f"orders/{order_id}/").json()}


def test_a_cancelled_order_says_why(api: Any) -> None:
    order_id = given.cancelled(USER)

    body = api(USER).get(f"orders/{order_id}/").json()

    assert (body["status"], body["reason"], body["total"]) == ("cancelled", "by_customer", None)


def test_an_unchanged_order_need_not_be_sent_again(api: Any) -> None:
    order_id = given.placed(USER)
    tag = api(USER).get(f"orders/{order_id}/").headers["ETag"]

    assert api(USER).get(f"orders/{order_id}/", if_none_match=tag).status_code == 304
    given.tell(given.reserved(order_id))
    assert api(USER).get(f"orders/{order_id}/", if_none_match=tag).status_code == 200


@pytest.mark.parametrize("path", ["orders/{}/", "orders/{}/timeline/"])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_somebody_elses_order_does_not_exist(api: Any, path: str, version: str) -> None:
    order_id = given.placed(USER)

    assert api(uuid7(), version=version).get(path.format(order_id)).status_code == 404
    assert api(uuid7(), version=version).get(path.format(uuid7())).status_code == 404
    assert api(STAFF, roles=("staff",), version=version).get(path.format(order_id)).status_code == 200
    assert api(version=version).get(path.format(order_id)).status_code == 401


def test_the_list_holds_ones_own_orders_the_latest_first(api: Any) -> None:
    mine = history(USER, 3)
    history(uuid7(), 2)

    answer = api(USER).get("orders/")

    assert ids(answer) == mine
    assert (answer.json()["next"], answer.json()["previous"]) == (None, None)
    assert answer.json()["data"][0] == api(USER).get(f"orders/{mine[0]}/").json()


def test_pages_follow_one_another(api: Any) -> None:
    mine = history(USER, 5)

    first = api(USER).get("orders/", {"limit": 2})
    second = api(USER).get(first.json()["next"].partition("/api/v2/")[2])
    third = api(USER).get(second.json()["next"].partition("/api/v2/")[2])
    back = api(USER).get(third.json()["previous"].partition("/api/v2/")[2])

    assert [ids(page) for page in (first, second, third, back)] == [mine[:2], mine[2:4], mine[4:], mine[2:4]]
    assert third.json()["next"] is None


def test_v1_counts_pages(api: Any) -> None:
    mine = history(USER, 5)

    body = api(USER, version="v1").get("orders/", {"page": 2, "page_size": 2}).json()

    assert [UUID(order["id"]) for order in body["results"]] == mine[2:4]
    assert len(body["results"][0]["items"]) == 1
    assert body["pagination"] == {
        "page": 2,
        "pages": 3,
        "per_page": 2,
        "total": 5,
        "has_next": True,
        "has_previous": True,
    }


def test_staff_sees_all_and_filters_by_user(api: Any) -> None:
    mine, others = history(USER, 2), history(uuid7(), 1)
    staff = api(STAFF, roles=("staff",))

    assert set(ids(staff.get("orders/"))) == {*mine, *others}
    assert ids(staff.get("orders/", {"user_id": str(USER)})) == mine


def test_only_staff_filters_by_user(api: Any) -> None:
    answer = api(USER).get("orders/", {"user_id": str(USER)})

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_permissions")


def test_filters_narrow_the_list(api: Any) -> None:
    off = history(USER, 3)
    done = given.completed(USER, now=given.NOON + timedelta(hours=3))
    third, second, first = off
    hour = (given.NOON + timedelta(hours=1)).isoformat()

    def found(**filters: str) -> list[UUID]:
        return ids(api(USER).get("orders/", filters))

    assert found(status="completed") == [done]
    assert found(status="cancelled") == off
    assert found(created_after=hour) == [done, third, second]
    assert found(created_before=hour) == [first]
    assert found(created_after=hour, status="cancelled") == [third, second]


WRONG = {
    "status": ("lost", "Select a valid choice. lost is not one of the available choices."),
    "created_after": ("yesterday", "Enter a valid date/time."),
    "created_before": ("2026-13-01", "Enter a valid date/time."),
    "colour": ("red", "Unknown query parameter."),
}


@pytest.mark.parametrize(("name", "value", "text"), [(name, *wrong) for name, wrong in WRONG.items()])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_wrong_filter_is_refused_by_name(api: Any, version: str, name: str, value: str, text: str) -> None:
    answer = api(USER, version=version).get("orders/", {name: value})

    assert answer.status_code == 400
    details = answer.json()["error"]["details"] if version == "v1" else answer.json()["errors"]
    assert details == {name: [text]}


def test_the_timeline_tells_the_story(api: Any) -> None:
    order_id = given.completed(USER)

    answer = api(USER).get(f"orders/{order_id}/timeline/")

    entries = answer.json()["data"]
    assert [(entry["kind"], entry["from"], entry["to"], entry["cause"]) for entry in entries] == [
        ("transition", None, "pending", "customer"),
        ("transition", "pending", "processing", "catalog.stock_reserved.v1"),
        ("transition", "processing", "completed", "users.payment_captured.v1"),
        ("event", "completed", "completed", "catalog.stock_committed.v1"),
    ]
    assert set(entries[0]) == {"at", "kind", "from", "to", "cause", "event_id", "attempt", "trace_id"}
    assert entries[0]["event_id"] is None
    assert all(entry["event_id"] and entry["attempt"] == 1 for entry in entries[1:])
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)


def test_reading_takes_few_statements_whatever_there_is(api: Any) -> None:
    few, many = uuid7(), uuid7()
    given.cancelled(few)
    for hour in range(12):
        given.cancelled(many, now=given.NOON + timedelta(hours=hour), quantities=(1,) * 5)
    order_id = given.completed(many, quantities=(1,) * 25)

    for user_id in (few, many):
        assert given.statements(lambda user_id=user_id: api(user_id).get("orders/")) == ["SELECT"] * 2
        # v1 counts
        old = api(user_id, version="v1")
        assert given.statements(lambda old=old: old.get("orders/")) == ["SELECT"] * 3
    assert given.statements(lambda: api(many).get(f"orders/{order_id}/")) == ["SELECT"]
    assert given.statements(lambda: api(many).get(f"orders/{order_id}/timeline/")) == ["SELECT"] * 2
    assert given.statements(lambda: api(many).get(f"orders/{uuid7()}/")) == ["SELECT"]
