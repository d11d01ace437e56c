"""Access tokens that somebody made up or kept too long: refused, and nothing else happens (RFC 8725)."""

import pytest
from django.test import Client

from shared.db.models import uuid7
from shared.testing.forgeries import CONTROLS, FORGERIES, REFUSED, outcome

pytestmark = pytest.mark.django_db


def ask(token):
    return Client().get(
        "/api/v2/imports/01a20303-0f0f-751b-8634-5a2675d83611/", headers={"Authorization": f"Bearer {token}"}
    )


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(name):
    assert outcome(name, ask) == REFUSED


@pytest.mark.parametrize("name", CONTROLS)
def test_an_honest_token_is_accepted(name):
    answer = ask(CONTROLS[name](uuid7()))

    # Known, but not staff.
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_permissions")
