"""Rows with values that are easily spoilt, and backups of them, for the tests of backing up and restoring."""

import hashlib
import uuid

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from shared.auth.models import Subject
from shared.events.models import FailedEvent, OutboxEvent
from shared.http.models import IdempotencyKey
from shared.upkeep import tables

AWKWARD = "tab\there, line\nbreak, back\\slash, \\N, quote\" ' comma, é漢🎉, \r\b\f\v end"
NO_EPOCH = {"no_epoch": "SELECT user_id FROM subjects WHERE epoch > 0"}
FILLED = {"events_failed", "events_outbox", "http_idempotency", "subjects"}


def fill():
    """Write rows with values that are easily spoilt."""
    Subject.objects.create(user_id=uuid.uuid4(), epoch=3, deactivated_at=timezone.now())
    OutboxEvent.objects.create(
        event_id=uuid.uuid4(), type="shared.x.v1", subject=uuid.uuid4(), data={"text": AWKWARD, "n": 1.5}
    )
    FailedEvent.objects.create(event_id=uuid.uuid4(), type=AWKWARD, envelope=[], attempts=1, error="")
    with connection.cursor() as cursor:  # a JSON null, which is not an SQL NULL
        cursor.execute("UPDATE events_failed SET envelope = 'null', next_attempt_at = now()")
    given = {"request_hash": bytes(range(32)), "status": 200, "body": bytes(range(256))}
    IdempotencyKey.objects.create(user_id=uuid.uuid4(), key="k", **given)


def content():
    """Return every row of every table as text."""
    found = {}
    with connection.cursor() as cursor:
        for name in tables.columns():
            cursor.execute(f"SELECT t::text FROM {name} AS t ORDER BY 1")
            found[name] = [row[0] for row in cursor.fetchall()]
    return found


def empty():
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables.quoted(*tables.columns())}")


def make(directory, *options):
    call_command("backup_data", "--output-dir", str(directory), *options)
    return max(each for each in directory.glob("plaza-shared-*") if each.suffix != ".sha256")


def sign(path):
    path.with_name(f"{path.name}.sha256").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")


FORMATS = pytest.mark.parametrize(
    "options", [(), ("--compress",), ("--format", "pg_dump"), ("--format", "pg_dump", "--compress")], ids=" ".join
)
