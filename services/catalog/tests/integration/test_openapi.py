"""The service keeps to its own document, whoever asks whatever."""

import pytest

from catalog.wsgi import django
from shared.db.models import uuid7
from shared.testing import conformance
from shared.testing.tokens import token

pytestmark = pytest.mark.django_db

v1 = conformance.operations(django, version="v1", thorough=False)
v2 = conformance.operations(django, version="v2")


def staff() -> str:
    return token(uuid7(), roles=("staff",))


@v2.parametrize()
@conformance.generated
def test_staff_gets_documented_answers(case):
    conformance.ask(case, token=staff())


@v1.parametrize()
@conformance.sampled
def test_staff_gets_documented_answers_in_v1(case):
    conformance.ask(case, token=staff())


@v1.parametrize()
@conformance.sampled
def test_anybody_gets_documented_answers(case):
    conformance.ask(case)
