"""Who may do what: every route without a token, and staff's routes as a customer."""

import pytest
from factories import UserFactory

from shared.db.models import uuid7

pytestmark = pytest.mark.django_db


ROUTES = [
    ("GET", "users/me/"),
    ("PATCH", "users/me/"),
    ("DELETE", "users/me/"),
    ("GET", "users/"),
    ("GET", "users/{id}/"),
    ("PATCH", "users/{id}/"),
    ("POST", "auth/logout/"),
    ("POST", "auth/password/change/"),
    ("GET", "wallet/"),
    ("GET", "wallet/entries/"),
    ("POST", "wallet/deposits/"),
    ("POST", "wallet/transfers/"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_gets_past_a_missing_token(api, user, method, path):
    response = api().send(method, path.format(id=user.id), {})

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if "{id}" in route[1] or "deposits" in route[1]]
)
def test_a_customer_gets_the_same_refusal_for_any_account(api, user, method, path):
    mine, others, missing = (
        api(user.id).send(method, path.format(id=each), {"bio": "x"}, X_Request_ID="same-request-id")
        for each in (user.id, UserFactory().id, uuid7())
    )

    assert {each.status_code for each in (mine, others, missing)} == {403}
    assert mine.json()["code"] == "insufficient_permissions"
