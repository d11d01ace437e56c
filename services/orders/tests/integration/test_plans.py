"""What PostgreSQL does for lists and statistics on a table too large to be read as a whole for a page."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import given
import orjson
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from orders import services
from orders.models import Order
from shared.db import counting
from shared.db.models import uuid7
from shared.testing.events import clear_outbox

pytestmark = pytest.mark.django_db

COUNT = 30_000  # one an hour, one in fifty cancelled, the last two open
STAFF, REGULAR = uuid7(), UUID(int=7)
LATEST = given.NOON + timedelta(hours=COUNT)

_MANY = """
INSERT INTO orders (id, user_id, status, reason, stock, money, total, currency, placed_at, placed_on,
                    deadline_at, asks, settled_at, updated_at)
SELECT gen_random_uuid(), ('00000000-0000-0000-0000-' || lpad(to_hex(mod(n, 3000)), 12, '0'))::uuid, status,
       CASE status WHEN 'cancelled' THEN 'timeout' ELSE '' END,
       CASE status WHEN 'cancelled' THEN 'released' ELSE 'committed' END,
       CASE status WHEN 'cancelled' THEN 'voided' ELSE 'captured' END,
       1, 'GBP', at, (at AT TIME ZONE 'UTC')::date, at, 0, at, at
  FROM (SELECT n, %s + n * interval '1 hour' AS at,
               CASE WHEN mod(n, 50) = 0 THEN 'cancelled' ELSE 'completed' END AS status
          FROM generate_series(1, %s) AS n) AS numbered
"""


@pytest.fixture(scope="module", autouse=True)
def big_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Thirty thousand orders, there for all tests of this file."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(_MANY, [given.NOON, COUNT])
        with transaction.atomic():
            given.placed(now=LATEST), given.placed(now=LATEST)
            clear_outbox()
        cursor.execute("ALTER TABLE orders SET (autovacuum_enabled = false)")  # which would change what is known of it
        cursor.execute("VACUUM ANALYZE orders")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders RESET (autovacuum_enabled)")
        cursor.execute("TRUNCATE orders, order_lines, order_timeline")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def looked_at(act: Callable[[], Any]) -> tuple[int, set[str]]:
    """Return how many rows of orders were read, kept or not, and by which indexes; a whole scan has no index."""
    with CaptureQueriesContext(connection) as context:
        act()
    rows, indexes = 0, set()
    with connection.cursor() as cursor:
        for query in context.captured_queries:
            if 'FROM "orders"' in query["sql"] or "FROM orders" in query["sql"]:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"].removeprefix("EXPLAIN (FORMAT JSON) "))
                plan = cursor.fetchone()[0]
                for node in nodes((plan if isinstance(plan, list) else orjson.loads(plan))[0]["Plan"]):
                    if "Scan" in node["Node Type"] and node.get("Relation Name", "orders") == "orders":
                        rows += node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                        indexes.add(node.get("Index Name", node["Node Type"]))
    return int(rows), indexes


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "orders_latest"),
        ({"status": "completed"}, "orders_latest"),
        ({"status": "cancelled"}, "orders_called_off"),
        ({"status": "pending"}, "orders_to_time_out"),
        ({"user_id": str(REGULAR)}, "orders_of_user"),
        ({"user_id": str(REGULAR), "status": "completed"}, "orders_of_user"),
        ({"created_before": (given.NOON + timedelta(hours=500)).isoformat()}, "orders_latest"),
        ({"created_after": LATEST.isoformat(), "status": "cancelled"}, "orders_called_off"),
    ],
)
def test_staffs_page_reads_a_page(api: Any, query: dict[str, str], index: str) -> None:
    staff = api(STAFF, roles=("staff",))

    rows, indexes = looked_at(lambda: staff.get("orders/", query))

    assert rows <= 25
    assert indexes == {index}


def test_a_customers_page_reads_a_page(api: Any) -> None:
    for query in ({}, {"status": "completed"}, {"created_after": given.NOON.isoformat()}):
        rows, indexes = looked_at(lambda query=query: api(REGULAR).get("orders/", query))

        assert rows <= 15
        assert indexes == {"orders_of_user"}


def test_a_page_deep_inside_costs_no_more(api: Any) -> None:
    staff = api(STAFF, roles=("staff",))
    middle = (given.NOON + timedelta(hours=COUNT // 2)).isoformat()
    following = staff.get("orders/", {"created_before": middle}).json()["next"].partition("/api/v2/")[2]

    rows, _ = looked_at(lambda: staff.get(following))

    assert rows <= 25


def test_v1_counts_to_a_bound_and_estimates_beyond(api: Any) -> None:
    old = api(STAFF, roles=("staff",), version="v1")

    told = old.get("orders/").json()["pagination"]
    few = old.get("orders/", {"status": "cancelled"}).json()["pagination"]

    assert abs(told["total"] - Order.objects.count()) < COUNT // 100
    assert told["pages"] == counting.EXACT // 20
    assert (few["total"], few["pages"]) == (COUNT // 50, COUNT // 50 // 20)


def test_a_sweep_reads_only_what_is_due() -> None:
    rows, indexes = looked_at(services.orders_sweep)

    assert rows == 0
    assert indexes == {"orders_to_time_out", "orders_to_ask_again"}


def test_revenue_is_read_from_an_index_alone(api: Any) -> None:
    staff = api(STAFF, roles=("staff",))
    query = {"created_before": (given.NOON + timedelta(hours=COUNT // 2)).isoformat()}

    def named(sql: str) -> set[str]:
        with CaptureQueriesContext(connection) as context:
            staff.get("orders/statistics/", query)
        (asked,) = [each["sql"] for each in context.captured_queries if sql in each["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + asked)
            plan = cursor.fetchone()[0]
        found = nodes((plan if isinstance(plan, list) else orjson.loads(plan))[0]["Plan"])
        return {f"{node['Node Type']} {node['Index Name']}" for node in found if "Index Name" in node}

    assert named("generate_series") == {"Index Only Scan orders_sold"}
