"""Addresses, locks and filters are strict; probes say what they should in each state."""

import json
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import RequestFactory, override_settings

from shared import metrics
from shared.db.filters import StrictFilterSet
from shared.db.locks import advisory_lock
from shared.errors import InvalidInput
from shared.events.models import OutboxEvent
from shared.health import checks, draining, heartbeat
from shared.health.endpoints import Management
from shared.health.wsgi import Service
from shared.http import middleware
from shared.testing import waiting
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        ("6.6.6.6, 10.0.0.1", 1, "10.0.0.1"),
        ("6.6.6.6, 5.5.5.5, 10.0.0.1", 2, "5.5.5.5"),
        ("", 1, "127.0.0.1"),
        ("6.6.6.6", 0, "127.0.0.1"),
        ("6.6.6.6", 2, "127.0.0.1"),
    ],
)
def test_the_clients_address_is_what_trusted_proxies_saw(settings, forwarded, trusted, address):
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded} if forwarded else {})

    assert middleware.client_address(request) == address


def test_only_one_holds_a_lock():
    refused = []

    def hold(number):
        with advisory_lock("test") as taken:
            if taken:
                waiting.eventually(lambda: len(refused) == 4)
            else:
                refused.append(number)
            return taken

    assert sorted(together(5, hold)) == [False] * 4 + [True]
    with advisory_lock("test") as taken:
        assert taken


class ByType(StrictFilterSet):
    class Meta:
        model = OutboxEvent
        fields = ["type", "subject"]


def test_a_filter_refuses_what_it_does_not_know_or_understand():
    rows = OutboxEvent.objects.all()

    assert list(ByType.apply({"type": "x"}, rows)) == []
    with pytest.raises(InvalidInput) as unknown:
        ByType.apply({"typ": "x"}, rows)
    with pytest.raises(InvalidInput) as wrong:
        ByType.apply({"subject": "x"}, rows)
    with pytest.raises(InvalidInput) as empty:
        ByType.apply({"type": ""}, rows)
    assert empty.value.details == {"type": ["This must not be empty."]}
    assert unknown.value.details == {"typ": ["Unknown query parameter."]}
    assert list(wrong.value.details) == ["subject"]


def test_parsed_parameters_can_be_had_without_filtering():
    subject = uuid4()

    assert ByType.values_of({"subject": str(subject)}) == {"type": None, "subject": subject}
    with pytest.raises(InvalidInput):
        ByType.values_of({"typ": "x"})


def test_liveness_looks_at_this_process_only(monkeypatch):
    monkeypatch.setattr(checks, "_database", _fail)

    assert Management().answer("/livez").status == 200
    assert Management(alive=lambda: False).answer("/livez/").status == 503


def _fail():
    raise OperationalError("host=secret refused")


def test_readiness_needs_the_database_and_ends_with_draining(monkeypatch):
    monkeypatch.setattr(draining, "_flag", bytearray(1))
    management = Management()
    assert management.answer("/readyz").status == management.answer("/startupz").status == 200

    draining.begin()
    assert management.answer("/readyz").status == 503
    assert management.answer("/startupz").status == management.answer("/livez").status == 200

    monkeypatch.setattr(draining, "_flag", bytearray(1))
    monkeypatch.setattr(checks, "_database", _fail)
    assert Management().answer("/readyz").status == Management().answer("/startupz").status == 503


def test_missing_migrations_are_not_ready(monkeypatch):
    monkeypatch.setattr(checks, "_migrations", lambda: "2 migrations are not applied")

    assert Management().answer("/readyz").status == 503


def test_health_shows_all_parts_and_no_secret(monkeypatch):
    heartbeat._leave_mark("relay")
    good = Management().answer("/health/")
    body = json.loads(good.body)
    assert good.status == 200
    assert body["parts"]["relay"]["status"] == "ok"
    assert set(body["parts"]) == {"database", "migrations", "cache", "worker", "relay", "beat"}

    monkeypatch.setattr(checks, "_database", _fail)
    bad = Management().answer("/health/")
    assert bad.status == 503
    assert b"secret" not in bad.body


@override_settings(CACHE_URL="redis://127.0.0.1:1/0")
def test_health_is_good_without_the_cache():
    answer = Management().answer("/health/")

    assert answer.status == 200
    assert json.loads(answer.body)["parts"]["cache"]["status"] == "down"
    heartbeat._leave_mark("relay")


def test_metrics_carry_the_services_name():
    metrics.EVENTS_PUBLISHED.labels(type="shared.greeted.v1").inc()

    text = Management().answer("/metrics").body.decode()

    assert 'plaza_events_published_total{service="shared",type="shared.greeted.v1"}' in text


def test_version_and_unknown_paths():
    assert json.loads(Management().answer("/version").body)["service"] == "shared"
    assert Management().answer("/api/v2/orders/").status == 404


def test_management_answers_only_on_its_own_port(monkeypatch):
    monkeypatch.setenv("MANAGEMENT_BIND", "127.0.0.1:9001")
    answered = []
    application = Service(lambda *_: [b"api"])

    inside = application({"SERVER_PORT": "9001", "PATH_INFO": "/livez"}, lambda *given: answered.append(given))
    outside = application({"SERVER_PORT": "9000", "PATH_INFO": "/livez"}, lambda *given: answered.append(given))

    assert (inside, outside) == ([b'{"status":"ok"}'], [b"api"])
    assert [status for status, _ in answered] == ["200 OK"]


def test_a_loop_that_should_turn_and_does_not_is_not_alive(monkeypatch):
    beat = heartbeat.Heartbeat("worker")
    now = [1000.0]
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: now[0])
    states = []

    beat.turn()
    states.append(beat.alive())
    now[0] += 31
    states.append(beat.alive())
    beat.pause()
    states.append(beat.alive())
    beat.turn()
    states.append(beat.alive())

    assert states == [True, False, True, True]
