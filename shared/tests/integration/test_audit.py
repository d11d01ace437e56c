"""The audit finds every kind of contradiction, says which rows, and changes nothing."""

import uuid
from datetime import timedelta

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection
from django.db import OperationalError as Away
from django.utils import timezone

from shared.auth.models import Subject
from shared.events.models import FailedEvent, InboxEvent, OutboxEvent
from shared.events.outgoing import MOST_REFUSALS
from shared.http.models import IdempotencyKey
from shared.upkeep import audit, invariants
from shared.upkeep.old_rows import INBOX_DAYS

pytestmark = pytest.mark.django_db(transaction=True)

OWN = {"no_hundreds": "SELECT user_id, epoch FROM subjects WHERE epoch >= 100;"}
BROKEN = {"nonsense": "SELECT nothing FROM nowhere", **OWN}
WRITING = {"writes": "WITH gone AS (DELETE FROM subjects RETURNING user_id) SELECT user_id FROM gone"}


@pytest.fixture
def own(settings):
    settings.SERVICE_INVARIANTS = f"{__name__}.OWN"


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def outbox(**values):
    given = {"event_id": uuid.uuid4(), "type": "shared.x.v1", "subject": uuid.uuid4(), "data": {}}
    OutboxEvent.objects.create(**{**given, **values})


def failed(event_id=None, **values):
    given = {"type": "shared.x.v1", "envelope": {}, "attempts": 1, "error": "no", "next_attempt_at": timezone.now()}
    FailedEvent.objects.create(event_id=event_id or uuid.uuid4(), **{**given, **values})


def handled(event_id, at):
    InboxEvent.objects.create(event_id=event_id, type="shared.x.v1", handled_at=at)


def answer(**values):
    given = {"user_id": uuid.uuid4(), "key": "k", "request_hash": b"h" * 32, "status": 201, "body": b"{}"}
    IdempotencyKey.objects.create(**{**given, **values})


def violated():
    return {finding.name: finding.count for finding in audit.run() if finding.state != "ok"}


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_happens_every_day_contradicts_nothing():
    outbox()
    outbox(sent_at=timezone.now())
    outbox(refusals=MOST_REFUSALS - 1, next_attempt_at=timezone.now())
    outbox(refusals=MOST_REFUSALS, dead_at=days_ago(INBOX_DAYS - 1))
    failed()
    failed(attempts=7)
    failed(attempts=8, dead_at=days_ago(INBOX_DAYS - 1))
    late = uuid.uuid4()
    failed(late)
    handled(late, timezone.now())
    answer()
    answer(status=400)

    assert violated() == {}


@pytest.mark.parametrize(
    ("name", "contradict"),
    [
        ("outbox_dead_in_time", lambda: outbox(refusals=MOST_REFUSALS, dead_at=days_ago(INBOX_DAYS + 1))),
        (
            "outbox_dead_is_not_sent",
            lambda: outbox(refusals=MOST_REFUSALS, dead_at=days_ago(1), sent_at=days_ago(1)),
        ),
        ("outbox_refused_to_the_end_is_dead", lambda: outbox(refusals=MOST_REFUSALS)),
        ("outbox_refused_to_the_end_is_dead", lambda: outbox(refusals=MOST_REFUSALS - 1, dead_at=days_ago(1))),
        ("inbox_dead_in_time", lambda: failed(attempts=8, dead_at=days_ago(INBOX_DAYS + 1))),
        ("inbox_failed_is_retried_or_dead", lambda: failed(next_attempt_at=None)),
        ("inbox_failed_is_retried_or_dead", lambda: failed(attempts=0)),
        ("idempotency_answer_can_be_replayed", lambda: answer(request_hash=b"short")),
        ("idempotency_answer_can_be_replayed", lambda: answer(status=500)),
        ("idempotency_answer_can_be_replayed", lambda: answer(status=409)),
        ("outbox_numbers_are_ahead", lambda: outbox(id=2**40)),
    ],
)
def test_each_contradiction_is_found_by_name(name, contradict):
    contradict()

    assert violated() == {name: 1}


@pytest.mark.parametrize(
    "values", [{"failed_at": days_ago(1)}, {"attempts": 8, "dead_at": days_ago(0)}], ids=["old", "dead"]
)
def test_an_event_that_was_handled_is_not_kept_as_failed(values):
    event_id = uuid.uuid4()
    failed(event_id, **values)
    handled(event_id, days_ago(1))

    assert violated() == {"inbox_handled_has_not_failed": 1}


@pytest.fixture
def unfinished_index():
    """An index as a failed CREATE INDEX CONCURRENTLY leaves it."""
    user_id = uuid.uuid4()
    Subject.objects.create(user_id=user_id, epoch=1)
    Subject.objects.create(user_id=uuid.uuid4(), epoch=1)
    with pytest.raises(Exception, match="could not create unique index"):
        execute("CREATE UNIQUE INDEX CONCURRENTLY unfinished ON subjects (epoch)")
    yield
    execute("DROP INDEX unfinished")


def test_an_index_that_was_not_finished_is_found(unfinished_index):
    finding = audit.run(only="indexes_are_valid")[0]

    assert (finding.count, finding.rows) == (1, ({"table": "subjects", "index": "unfinished"},))


@pytest.fixture
def unvalidated():
    execute("ALTER TABLE subjects ADD CONSTRAINT unchecked CHECK (epoch < 10) NOT VALID")
    yield
    execute("ALTER TABLE subjects DROP CONSTRAINT unchecked")


def test_a_constraint_that_was_not_validated_is_found(unvalidated):
    finding = audit.run(only="constraints_are_validated")[0]

    assert finding.rows == ({"table": "subjects", "constraint": "unchecked"},)


def test_the_services_own_are_looked_at_too_and_the_first_twenty_rows_are_shown(own):
    Subject.objects.bulk_create([Subject(user_id=uuid.uuid4(), epoch=100 + n) for n in range(25)])
    Subject.objects.create(user_id=uuid.uuid4(), epoch=99)

    findings = {finding.name: finding for finding in audit.run()}

    assert set(findings) == {*invariants.INVARIANTS, "no_hundreds"}
    assert (findings["no_hundreds"].count, len(findings["no_hundreds"].rows)) == (25, 20)
    assert all(row["epoch"] >= 100 for row in findings["no_hundreds"].rows)


def test_the_audit_cannot_write(settings):
    settings.SERVICE_INVARIANTS = f"{__name__}.WRITING"
    Subject.objects.create(user_id=uuid.uuid4())

    finding = audit.run(only="writes")[0]

    assert finding.state == "failed"
    assert Subject.objects.count() == 1


def test_a_query_that_takes_too_long_is_ended(settings, monkeypatch):
    monkeypatch.setattr(audit, "_SECONDS", 1)
    monkeypatch.setattr(invariants, "INVARIANTS", {"slow": "SELECT 1 FROM pg_sleep(30)"})

    finding = audit.run()[0]

    assert "statement timeout" in finding.fault


def test_inside_a_transaction_the_uncommitted_is_seen(own):
    from django.db import transaction

    with transaction.atomic():
        Subject.objects.create(user_id=uuid.uuid4(), epoch=100)
        inside = {finding.name: finding.count for finding in audit.run_inside()}
        transaction.set_rollback(True)

    assert inside["no_hundreds"] == 1
    assert violated() == {}


def command(capsys, *arguments):
    """Return the exit code and what was printed."""
    try:
        call_command("audit", *arguments)
    except SystemExit as ended:
        return ended.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_the_command_says_ok_and_exits_with_0(own, capsys):
    code, said = command(capsys)

    assert code == 0
    assert [line.split()[1:] for line in said.splitlines()] == [["ok", "0"]] * (len(invariants.INVARIANTS) + 1)


def test_the_command_shows_offending_rows_and_exits_with_1(own, capsys):
    user_id = uuid.uuid4()
    Subject.objects.create(user_id=user_id, epoch=100)

    code, said = command(capsys, "--only", "no_hundreds")

    assert code == 1
    assert said.splitlines() == ["no_hundreds  violated       1", f"    user_id={user_id}  epoch=100"]


def test_the_command_speaks_json(own, capsys):
    user_id = uuid.uuid4()
    Subject.objects.create(user_id=user_id, epoch=100)

    code, said = command(capsys, "--format", "json", "--only", "no_hundreds")

    assert code == 1
    assert orjson.loads(said) == {
        "service": "shared",
        "invariants": [
            {
                "name": "no_hundreds",
                "state": "violated",
                "rows": 1,
                "first": [{"user_id": str(user_id), "epoch": 100}],
                "fault": "",
            }
        ],
    }


def test_a_failed_query_exits_with_2_and_the_others_are_still_looked_at(settings, capsys):
    settings.SERVICE_INVARIANTS = f"{__name__}.BROKEN"
    Subject.objects.create(user_id=uuid.uuid4(), epoch=100)

    code, said = command(capsys)

    lines = {line.split()[0]: line for line in said.splitlines()}
    assert code == 2
    assert 'failed         0  relation "nowhere" does not exist' in lines["nonsense"]
    assert "violated" in lines["no_hundreds"]


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(CommandError, match="no invariant 'typo'; there are constraints_are_validated, ") as refused:
        call_command("audit", "--only", "typo")

    assert refused.value.returncode == 2


def test_without_a_database_the_audit_fails_and_finds_nothing(settings, monkeypatch):
    def away(*_):
        raise Away("connection refused")

    monkeypatch.setattr(audit, "_look", away)

    with pytest.raises(CommandError, match="cannot be reached") as refused:
        call_command("audit")

    assert refused.value.returncode == 2


def test_other_errors_of_a_look_are_findings(monkeypatch):
    def broken(*_):
        raise InternalError("cache lookup failed")

    monkeypatch.setattr(audit, "_look", broken)

    assert {finding.fault for finding in audit.run()} == {"cache lookup failed"}
