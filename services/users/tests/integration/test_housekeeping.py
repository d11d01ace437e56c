"""What beat starts: old rows go, young ones stay, and only one process does it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.db.locks import advisory_lock
from shared.db.models import uuid7
from shared.events import outbox
from shared.events.contracts import UserRegistered
from shared.events.models import InboxEvent, OutboxEvent
from shared.http.models import IdempotencyKey
from shared.testing.race import together
from users import tasks
from users.models import RefreshSession, RefreshToken
from users.services import sessions

pytestmark = pytest.mark.django_db(transaction=True)


def test_old_rows_go_and_young_ones_stay():
    from django.db import transaction

    now = timezone.now()
    user = UserFactory()
    with transaction.atomic():
        outbox.append(*(UserRegistered(user_id=uuid7()) for _ in range(3)))
    old, young, unsent = OutboxEvent.objects.order_by("id")
    OutboxEvent.objects.filter(id=old.id).update(sent_at=now - timedelta(days=8))
    OutboxEvent.objects.filter(id=young.id).update(sent_at=now - timedelta(days=6))
    InboxEvent.objects.create(event_id=uuid7(), type="x", handled_at=now - timedelta(days=31))
    kept = InboxEvent.objects.create(event_id=uuid7(), type="x", handled_at=now - timedelta(days=29))
    for hours, key in ((25, "old"), (23, "young")):
        IdempotencyKey.objects.create(
            user_id=user.id, key=key, request_hash=b"", status=200, body=b"", created_at=now - timedelta(hours=hours)
        )
    for _ in range(2):
        sessions.login(email=user.email, password=PASSWORD, now=now)
    expired = RefreshSession.objects.first()
    RefreshSession.objects.filter(id=expired.id).update(expires_at=now - timedelta(seconds=1))

    tasks.purge()

    assert set(OutboxEvent.objects.values_list("id", flat=True)) == {young.id, unsent.id}
    assert InboxEvent.objects.get() == kept
    assert IdempotencyKey.objects.get().key == "young"
    assert RefreshSession.objects.get().id != expired.id
    assert RefreshToken.objects.count() == 1


def test_a_second_process_leaves_it_to_the_first():
    InboxEvent.objects.create(event_id=uuid7(), type="x", handled_at=timezone.now() - timedelta(days=31))

    with advisory_lock("purge") as mine:
        assert mine
        assert together(1, lambda _: tasks.purge()) == [None]

    assert InboxEvent.objects.count() == 1
    tasks.purge()
    assert InboxEvent.objects.count() == 0


def test_the_schedule_names_a_task_that_exists():
    from users.celery import app

    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
