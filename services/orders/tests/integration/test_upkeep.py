"""Upkeep and commands: old rows go, young ones stay; the schedule; seeding."""

from datetime import timedelta
from io import StringIO

import given
import pytest
from django.core.management import call_command
from django.utils import timezone

from orders import services, tasks
from orders.celery import app
from shared.db.locks import advisory_lock
from shared.db.models import uuid7
from shared.events.models import InboxEvent, OutboxEvent
from shared.http.models import IdempotencyKey
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)


def old_and_young() -> None:
    for days in (0, 6, 8, 31):
        given.placed(uuid7())
        OutboxEvent.objects.filter(id=OutboxEvent.objects.latest("id").id).update(
            sent_at=timezone.now() - timedelta(days=days)
        )
        InboxEvent.objects.create(event_id=uuid7(), type="t", handled_at=timezone.now() - timedelta(days=days))
        IdempotencyKey.objects.create(
            user_id=uuid7(),
            key="k",
            request_hash=b"",
            status=202,
            body=b"",
            created_at=timezone.now() - timedelta(days=days),
        )


def test_what_has_served_its_time_is_deleted() -> None:
    old_and_young()

    assert services.purge() == {"outbox": 2, "inbox": 1, "idempotency": 3, "revoked": 0}

    left = (OutboxEvent.objects.count(), InboxEvent.objects.count(), IdempotencyKey.objects.count())
    assert left == (2, 3, 1)


def test_one_process_purges() -> None:
    old_and_young()

    with advisory_lock("purge") as taken:
        assert taken
        assert together(1, lambda _: services.purge()) == [{}]
    tasks.purge()

    assert OutboxEvent.objects.count() == 2


def test_the_schedule_names_tasks_that_exist() -> None:
    app.loader.import_default_modules()

    schedule = app.conf.beat_schedule

    assert {name: entry["schedule"] for name, entry in schedule.items()} == {"sweep": 1.0, "purge": 3600.0}
    assert {entry["task"] for entry in schedule.values()} <= set(app.tasks)


def test_there_is_nothing_to_seed() -> None:
    said = StringIO()

    call_command("seed", stdout=said)

    assert said.getvalue() == "orders: nothing to seed\n"
