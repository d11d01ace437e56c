"""Who may do what: every route and method, asked by everybody with an empty body, and what each is answered.

A new route without a row here fails. 400 says that one may, if only one said what.
"""

import pytest
from django.test import Client
from factories import STAFF, UserFactory

from shared.db.models import uuid7
from shared.testing import matrix
from users.services import jobs

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "other", "owner", "staff")
ANYONE, ANYBODY = (200, 200, 200, 200), (400, 400, 400, 400)
USERS, STAFF_ONLY = (401, 200, 200, 200), (401, 403, 403, 200)
MATRIX = {
    ("GET", ".well-known/jwks.json"): ANYONE,
    ("GET", "openapi.json"): ANYONE,
    ("GET", "docs/"): ANYONE,
    ("GET", "docs/assets/<str:name>"): ANYONE,
    ("GET", "redoc/"): ANYONE,
    ("GET", "redoc/assets/<str:name>"): ANYONE,
    ("POST", "auth/login/"): ANYBODY,
    ("POST", "auth/refresh/"): ANYBODY,
    ("POST", "auth/verify-email/"): ANYBODY,
    ("POST", "auth/password/reset/"): ANYBODY,
    ("POST", "auth/password/reset/confirm/"): ANYBODY,
    ("POST", "auth/logout/"): (401, 400, 400, 400),
    ("POST", "auth/password/change/"): (401, 400, 400, 400),
    ("POST", "users/"): ANYBODY,
    ("GET", "users/"): STAFF_ONLY,
    ("GET", "users/<uuid:user_id>/"): STAFF_ONLY,
    ("PATCH", "users/<uuid:user_id>/"): STAFF_ONLY,
    ("POST", "users/bulk/"): (401, 403, 403, 400),
    ("GET", "jobs/<uuid:job_id>/"): STAFF_ONLY,
    ("GET", "users/export/"): STAFF_ONLY,
    ("GET", "users/statistics/"): STAFF_ONLY,
    ("GET", "users/me/"): USERS,
    ("PATCH", "users/me/"): USERS,
    ("DELETE", "users/me/"): (401, 204, 204, 204),
    ("GET", "wallet/"): USERS,
    ("GET", "wallet/entries/"): USERS,
    ("POST", "wallet/deposits/"): (401, 403, 403, 400),
    ("POST", "wallet/transfers/"): (401, 400, 400, 400),
}


@pytest.fixture
def callers(api, user):
    """Return a client for each role."""
    worker = UserFactory(is_staff=True)
    return {
        "anonymous": api(),
        "other": api(UserFactory().id),
        "owner": api(user.id),
        "staff": api(worker.id, roles=("staff",)),
    }


@pytest.fixture
def filled(user):
    """Return a function that fills in a path's variables."""
    job = jobs.job_start(users=[{"email": "new@shop.example", "username": "New"}], created_by=STAFF)
    values = {"<uuid:user_id>": user.id, "<uuid:job_id>": job["id"], "<str:name>": "swagger-ui.css"}

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
    if path.startswith((".", "openapi", "docs", "redoc")):
        answer = Client().get("/" + filled(path))
    else:
        answer = callers[role].send(method, filled(path), {}, Idempotency_Key="once")

    assert answer.status_code == MATRIX[method, path][ROLES.index(role)]
    answer.close()
    if answer.status_code in {401, 403}:
        code = {401: "not_authenticated", 403: "insufficient_permissions"}[answer.status_code]
        assert answer.json()["code"] == code


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_customer_gets_the_same_refusal_for_any_account(api, user, method):
    mine, others, missing = (
        api(user.id).send(method, f"users/{each}/", {}, X_Request_ID="same-request-id")
        for each in (user.id, UserFactory().id, uuid7())
    )

    assert {each.status_code for each in (mine, others, missing)} == {403}
    assert {each.json()["code"] for each in (mine, others, missing)} == {"insufficient_permissions"}
