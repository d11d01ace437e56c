"""Who may do what: every route and method, asked by everybody with an empty body, and what each is answered.

A new route without a row here fails. 400 says that one may, if only one said what; somebody else's order is not there.
"""

from typing import Any

import given
import pytest
from django.test import Client

from orders.models import Order
from shared.db.models import uuid7
from shared.testing import matrix
from shared.testing.events import said

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "other", "owner", "staff")
OWNER = uuid7()
ANYONE, USERS, OWN = (200, 200, 200, 200), (401, 200, 200, 200), (401, 404, 200, 200)
STAFF = (401, 403, 403, 200)
MATRIX = {
    ("GET", "openapi.json"): ANYONE,
    ("GET", "docs/"): ANYONE,
    ("GET", "docs/assets/<str:name>"): ANYONE,
    ("GET", "redoc/"): ANYONE,
    ("GET", "redoc/assets/<str:name>"): ANYONE,
    ("GET", "orders/"): USERS,
    ("POST", "orders/"): (401, 400, 400, 400),
    ("GET", "orders/export/"): STAFF,
    ("GET", "orders/statistics/"): STAFF,
    ("GET", "orders/<uuid:order_id>/"): OWN,
    ("POST", "orders/<uuid:order_id>/cancel/"): OWN,
    ("GET", "orders/<uuid:order_id>/timeline/"): OWN,
    ("POST", "products/<uuid:product_id>/purchase/"): (401, 400, 400, 400),
}


@pytest.fixture
def callers(api: Any) -> dict[str, Any]:
    """Return a client for each role."""
    return {
        "anonymous": api(),
        "other": api(uuid7()),
        "owner": api(OWNER),
        "staff": api(uuid7(), roles=("staff",)),
    }


@pytest.fixture
def filled() -> Any:
    """Return a function that fills in a path's variables."""
    values = {"<uuid:order_id>": given.placed(OWNER), "<uuid:product_id>": uuid7(), "<str:name>": "swagger-ui.css"}

    def fill(path: str) -> str:
        for name, value in values.items():
            path = path.replace(name, str(value))
        return path

    return fill


def test_every_route_has_its_row() -> None:
    assert set(MATRIX) == matrix.routes()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_each_caller_gets_the_declared_answer(callers: Any, filled: Any, method: str, path: str, role: str) -> None:
    if path.startswith(("openapi", "docs", "redoc")):
        answer = Client().get("/" + filled(path))
    else:
        answer = callers[role].send(method, filled(path), {}, Idempotency_Key="once")

    assert answer.status_code == MATRIX[method, path][ROLES.index(role)]
    if answer.status_code in {401, 404}:
        assert answer.json()["code"] == {401: "not_authenticated", 404: "not_found"}[answer.status_code]


@pytest.mark.parametrize(("role", "seen"), [("other", 0), ("owner", 1), ("staff", 1)])
def test_a_list_shows_no_more_than_one_may_see(callers: Any, filled: Any, role: str, seen: int) -> None:
    assert len(callers[role].get(filled("orders/")).json()["data"]) == seen


@pytest.mark.django_db(transaction=True)  # a refusal rolls back, and something follows
@pytest.mark.parametrize(("method", "path"), [row for row in MATRIX if MATRIX[row] == OWN])
def test_somebody_elses_order_looks_like_none(callers: Any, filled: Any, method: str, path: str) -> None:
    there, missing = (
        callers["other"].send(method, each, {}, X_Request_ID="same-request-id")
        for each in (filled(path), path.replace("<uuid:order_id>", str(uuid7())))
    )

    told = [{**answer.json(), "instance": ""} for answer in (there, missing)]
    assert told[0] == told[1]
    assert Order.objects.get().status == "pending"
    assert said() == []
