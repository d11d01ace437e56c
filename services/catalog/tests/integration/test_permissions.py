"""Who may do what: every route and method, asked by everybody with an empty body, and what each is answered.

A new route without a row here fails. 400 says that one may, if only one said what; 415 the same of a file.
"""

from uuid import uuid4

import pytest
from django.test import Client
from factories import CategoryFactory, ProductFactory
from importing import start

from catalog.models import Category, Import, Product
from shared.db.models import uuid7
from shared.testing import matrix

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "customer", "staff")
ANYONE, STAFF_READS, STAFF_WRITES = (200, 200, 200), (401, 403, 200), (401, 403, 400)
MATRIX = {
    ("GET", "openapi.json"): ANYONE,
    ("GET", "docs/"): ANYONE,
    ("GET", "docs/assets/<str:name>"): ANYONE,
    ("GET", "redoc/"): ANYONE,
    ("GET", "redoc/assets/<str:name>"): ANYONE,
    ("GET", "categories/"): ANYONE,
    ("POST", "categories/"): STAFF_WRITES,
    ("GET", "categories/<str:slug>/"): ANYONE,
    ("PATCH", "categories/<str:slug>/"): (401, 403, 200),
    ("DELETE", "categories/<str:slug>/"): (401, 403, 204),
    ("GET", "products/"): ANYONE,
    ("POST", "products/"): STAFF_WRITES,
    ("POST", "products/import/"): (401, 403, 415),
    ("GET", "products/export/"): STAFF_READS,
    ("GET", "products/<str:key>/"): ANYONE,
    ("PUT", "products/<str:key>/"): STAFF_WRITES,
    ("PATCH", "products/<str:key>/"): (401, 403, 200),
    ("DELETE", "products/<str:key>/"): (401, 403, 204),
    ("PATCH", "products/<str:key>/stock/"): STAFF_WRITES,
    ("GET", "imports/<uuid:import_id>/"): STAFF_READS,
    ("GET", "imports/<uuid:import_id>/errors/"): STAFF_READS,
    ("POST", "imports/<uuid:import_id>/retry/"): (401, 403, 202),
}


@pytest.fixture
def callers(api):
    """Return a client for each role."""
    return {"anonymous": api(), "customer": api(uuid4()), "staff": api(uuid4(), roles=("staff",))}


@pytest.fixture
def filled():
    """Return a function that fills in a path's variables."""
    CategoryFactory(slug="cups")
    ProductFactory(slug="mug")
    values = {
        "<str:slug>": "cups",
        "<str:key>": "mug",
        "<uuid:import_id>": start("A,Cup,1.00,,,,\n"),
        "<str:name>": "swagger-ui.css",
    }

    def fill(path: str) -> str:
        for name, value in values.items():
            path = path.replace(name, str(value))
        return path

    return fill


def test_every_route_has_its_row():
    assert set(MATRIX) == matrix.routes()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_each_caller_gets_the_declared_answer(callers, filled, method, path, role):
    if path.startswith(("openapi", "docs", "redoc")):
        answer = Client().get("/" + filled(path))
    else:
        answer = callers[role].send(method, filled(path), {}, Idempotency_Key="once")
    if answer.streaming:
        assert b"".join(answer.streaming_content)

    assert answer.status_code == MATRIX[method, path][ROLES.index(role)]
    if answer.status_code in {401, 403}:
        code = {401: "not_authenticated", 403: "insufficient_permissions"}[answer.status_code]
        assert answer.json()["code"] == code


@pytest.mark.parametrize(("method", "path"), [row for row in MATRIX if row[0] != "GET"])
def test_a_customer_changes_nothing(callers, filled, method, path):
    target = filled(path)

    def state():
        return [list(model.objects.order_by("id").values()) for model in (Category, Product, Import)]

    before = state()

    callers["customer"].send(method, target, {"name": "Mine", "on_hand": 5, "is_active": False})

    assert state() == before


@pytest.mark.parametrize(("method", "path"), [row for row in MATRIX if MATRIX[row][1] == 403])
def test_a_customer_is_not_told_what_there_is(callers, filled, method, path):
    there, missing = filled(path), path
    for name in ("<str:slug>", "<str:key>", "<uuid:import_id>"):
        missing = missing.replace(name, str(uuid7()))

    answers = [callers["customer"].send(method, each, {}) for each in (there, missing)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (403, "insufficient_permissions")
    ] * 2
