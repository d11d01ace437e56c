"""How many accounts there are: as an answer, as a table, as a gauge."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from factories import STAFF, UserFactory
from prometheus_client import REGISTRY

from users.models import User
from users.selectors import measures, statistics
from users.services import accounts, keys

pytestmark = pytest.mark.django_db

COUNTS = {"total": 6, "active_24h": 2, "new_24h": 3, "active_30d": 3, "verified": 1, "deactivated": 1}


def account(now, *, created, seen=None, verified=False):
    user = UserFactory()
    User.objects.filter(id=user.id).update(
        created_at=now - created,
        last_login_at=None if seen is None else now - seen,
        verified_at=now if verified else None,
    )
    return user


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def people(now):
    """Return accounts on both sides of every border."""
    day, month, moment = timedelta(days=1), timedelta(days=30), timedelta(minutes=1)
    account(now, created=timedelta(), seen=timedelta(), verified=True)
    account(now, created=day - moment)
    account(now, created=day + moment, seen=day - moment)
    account(now, created=month, seen=month - moment)
    account(now, created=2 * month, seen=month + moment)
    gone = account(now, created=timedelta(), seen=timedelta(), verified=True)
    accounts.user_update(user_id=gone.id, changes={"is_active": False}, now=now)


def test_every_account_is_counted_where_it_belongs(people, now):
    assert statistics.accounts(now=now) == COUNTS


def test_without_accounts_everything_is_zero(now):
    assert statistics.accounts(now=now) == dict.fromkeys(COUNTS, 0)


def test_staff_reads_them_with_one_query(staff, people, settled_subjects, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = staff.get("users/statistics/")

    assert response.status_code == 200
    assert response.json() == COUNTS


def test_in_v1_they_are_wrapped(api, user, people):
    response = api(STAFF, roles=("staff",), version="v1").get("users/statistics/")

    assert response.json() == {"data": {**COUNTS, "total": 7, "new_24h": 4}}


def test_nobody_else_reads_them(api, user, staff):
    assert api().get("users/statistics/").status_code == 401
    assert api(user.id).get("users/statistics/").status_code == 403
    assert staff.get("users/statistics/", {"days": "7"}).status_code == 400
    assert staff.post("users/statistics/").status_code == 405


def test_the_command_prints_a_table_or_json(people):
    table, text = StringIO(), StringIO()

    call_command("collect_metrics", stdout=table)
    call_command("collect_metrics", "--format", "json", stdout=text)

    assert json.loads(text.getvalue()) == COUNTS
    assert [line.split() for line in table.getvalue().splitlines()] == [
        [state, str(count)] for state, count in COUNTS.items()
    ]
    assert len({len(line) for line in table.getvalue().splitlines()}) == 1


def test_the_gauge_shows_them(people):
    measures.measure()

    assert {state: REGISTRY.get_sample_value("plaza_users", {"state": state}) for state in COUNTS} == COUNTS


def test_the_age_of_the_signing_key_is_a_gauge(now):
    key = keys.ensure(now=now - timedelta(days=91))

    measures.measure()

    age = REGISTRY.get_sample_value("plaza_signing_key_age_seconds")
    assert key.published_at == now - timedelta(days=91)
    assert 91 * 86400 <= age < 91 * 86400 + 60
