"""Backups appear whole or not at all; a restore takes a whole backup of this database or changes nothing."""

import gzip
import hashlib
import os
import stat
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from devstack.parts import postgres
from shared.auth.models import Subject
from shared.events.models import FailedEvent, InboxEvent, OutboxEvent
from shared.http.models import IdempotencyKey
from shared.upkeep import backup, restore, tables

pytestmark = pytest.mark.django_db(transaction=True)

AWKWARD = "tab\there, line\nbreak, back\\slash, \\N, quote\" ' comma, é漢🎉, \r\b\f\v end"
NO_EPOCH = {"no_epoch": "SELECT user_id FROM subjects WHERE epoch > 0"}
FILLED = {"events_failed", "events_outbox", "http_idempotency", "subjects"}


@pytest.fixture(autouse=True)
def programs(settings):
    settings.PG_BIN = postgres.binaries()


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


@FORMATS
def test_what_was_backed_up_comes_back_exactly(tmp_path, options, capsys):
    fill()
    before = content()
    path = make(tmp_path, *options)
    empty()

    call_command("restore_data", str(path))

    assert content() == before
    assert {name for name, rows in before.items() if rows} == FILLED
    assert "4  rows restored; every invariant holds" in capsys.readouterr().out


@FORMATS
def test_a_backup_is_private_and_has_its_checksum(tmp_path, options):
    path = make(tmp_path, *options)

    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name, f"{path.name}.sha256"]
    subprocess.run(["sha256sum", "--check", "--quiet", f"{path.name}.sha256"], cwd=tmp_path, check=True)


def test_the_json_format_has_a_header_a_line_for_each_row_and_a_footer(tmp_path):
    user_id = uuid.uuid4()
    Subject.objects.create(user_id=user_id, epoch=3, changed_at=datetime(2026, 1, 2, tzinfo=UTC))

    header, row, footer = map(orjson.loads, make(tmp_path).read_bytes().splitlines())

    assert (header["plaza_backup"], header["service"]) == (1, "shared")
    assert header["migrations"]["events"][0] == "0001_initial"
    assert {"events_inbox", *FILLED} <= header["tables"].keys()
    assert row == {"table": "subjects", "row": [str(user_id), "3", None, "2026-01-02 00:00:00+00"]}
    assert footer == {"rows": {name: int(name == "subjects") for name in header["tables"]}}


def test_a_backup_is_one_snapshot(tmp_path, monkeypatch):
    Subject.objects.create(user_id=uuid.uuid4())
    written = backup._write_rows

    def write_while_others_write(out, table, names):
        def other():
            Subject.objects.create(user_id=uuid.uuid4())
            connections.close_all()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return written(out, table, names)

    monkeypatch.setattr(backup, "_write_rows", write_while_others_write)
    path = make(tmp_path)

    assert Subject.objects.count() == 1 + len(tables.columns())
    assert orjson.loads(path.read_bytes().splitlines()[-1])["rows"]["subjects"] == 1


def test_new_rows_get_new_numbers_after_a_restore(tmp_path):
    fill()
    OutboxEvent.objects.update(id=5000)
    path = make(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('events_outbox_id_seq', 1)")

    call_command("restore_data", str(path), "--flush")

    new = OutboxEvent.objects.create(event_id=uuid.uuid4(), type="x", subject=uuid.uuid4(), data={})
    assert new.id > 5000


def test_a_database_with_data_is_left_alone_without_flush(tmp_path):
    fill()
    path = make(tmp_path)
    InboxEvent.objects.create(event_id=uuid.uuid4(), type="later")
    before = content()

    with pytest.raises(CommandError, match=r"not empty \(events_failed, events_inbox.*--flush"):
        call_command("restore_data", str(path))

    assert content() == before


def test_with_flush_the_data_is_that_of_the_backup(tmp_path):
    fill()
    path = make(tmp_path)
    before = content()
    InboxEvent.objects.create(event_id=uuid.uuid4(), type="later")

    call_command("restore_data", str(path), "--flush")

    assert content() == before


def truncated(data):
    return data[: len(data) * 2 // 3]


def without_footer(data):
    return data[: data.rstrip(b"\n").rindex(b"\n") + 1]


def line_lost(data):
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:1] + lines[2:])


def half_a_line(data):
    return data[:-20]


def other_table(data):
    return data.replace(b'"table":"subjects"', b'"table":"wallets"')


def value_lost(data):
    return data.replace(b'"row":[', b'"row":["surplus",', 1)


def of_users(data):
    return data.replace(b'"service":"shared"', b'"service":"users"')


def newer_tables(data):
    return data.replace(b'"0001_initial"', b'"0001_initial","0009_future"', 1)


def older_tables(data):
    return data.replace(b'"0001_initial",', b"", 1)


def newer_format(data):
    return data.replace(b'"plaza_backup":1', b'"plaza_backup":2')


def no_backup(data):
    return b'{"hello":"world"}\n' + data


def not_an_object(data):
    return b"[]\n" + data


def after_footer(data):
    return data + b'{"rows":{}}\n'


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (truncated, "is not JSON|ends too early"),
        (without_footer, "ends too early"),
        (line_lost, "footer does not agree"),
        (half_a_line, "is not JSON"),
        (other_table, "not a row of one of the tables"),
        (value_lost, "not a row of one of the tables"),
        (of_users, "a backup of users, not of shared"),
        (newer_tables, "has migrations that this database has not: authorisation.0009_future|.0009_future"),
        (older_tables, "lacks migrations that this database has: events.0001_initial|.0001_initial"),
        (newer_format, "has format 2; this is 1"),
        (no_backup, "does not begin like a backup"),
        (not_an_object, "Line 1 is no JSON object"),
        (after_footer, "footer does not agree"),
    ],
)
def test_a_spoilt_file_changes_nothing_even_when_its_checksum_fits(tmp_path, spoil, says):
    fill()
    path = make(tmp_path)
    path.write_bytes(spoil(path.read_bytes()))
    sign(path)
    before = content()

    with pytest.raises(CommandError, match=f"Nothing was restored: .*({says})"):
        call_command("restore_data", str(path), "--flush")

    assert content() == before


@FORMATS
def test_an_altered_file_is_refused_by_its_checksum(tmp_path, options):
    fill()
    path = make(tmp_path, *options)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    with pytest.raises(CommandError, match="its checksum differs"):
        call_command("restore_data", str(path), "--flush")

    assert Subject.objects.count() == 1


@pytest.mark.parametrize("options", [("--compress",), ("--format", "pg_dump")])
def test_a_truncated_archive_is_refused_even_when_its_checksum_fits(tmp_path, options):
    fill()
    path = make(tmp_path, *options)
    path.write_bytes(path.read_bytes()[:-200])
    sign(path)

    with pytest.raises(CommandError, match=r"damaged|cannot read the file|ends in the middle|not a table|too early"):
        call_command("restore_data", str(path), "--flush")

    assert Subject.objects.count() == 1


@pytest.mark.parametrize("content", [None, ""])
def test_a_file_without_its_checksum_is_refused(tmp_path, content):
    path = make(tmp_path)
    backup.checksum_file(path).unlink()
    if content is not None:
        backup.checksum_file(path).write_text(content)

    with pytest.raises(CommandError, match="There is no checksum"):
        call_command("restore_data", str(path))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"Nothing was restored: .*No such file"):
        call_command("restore_data", str(tmp_path / "plaza.jsonl"))


@FORMATS
def test_data_that_contradicts_an_invariant_is_not_kept(tmp_path, settings, options):
    fill()
    path = make(tmp_path, *options)
    Subject.objects.all().delete()
    before = content()
    settings.SERVICE_INVARIANTS = f"{__name__}.NO_EPOCH"

    with pytest.raises(CommandError, match=r"contradicts no_epoch \(1 rows\); nothing was kept"):
        call_command("restore_data", str(path), "--flush")

    assert content() == before


def test_a_row_that_the_database_refuses_undoes_the_rest(tmp_path):
    fill()
    path = make(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"3",', b'"-3",'))  # an epoch below zero
    sign(path)
    before = content()

    with pytest.raises(CommandError, match=r"Nothing was restored: .*subjects_epoch_check"):
        call_command("restore_data", str(path), "--flush")

    assert content() == before


@pytest.fixture
def generated_column():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subjects ADD COLUMN twice int GENERATED ALWAYS AS (epoch * 2) STORED")
        cursor.execute('ALTER TABLE subjects ADD COLUMN "Odd name" numeric DEFAULT 1.50')
    yield
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE subjects DROP COLUMN twice, DROP COLUMN "Odd name"')


@pytest.mark.parametrize("options", [(), ("--format", "pg_dump")], ids=["json", "pg_dump"])
def test_generated_columns_are_made_again(tmp_path, generated_column, options):
    fill()
    path = make(tmp_path, *options)

    call_command("restore_data", str(path), "--flush")

    with connection.cursor() as cursor:
        cursor.execute('SELECT twice, "Odd name" FROM subjects')
        assert cursor.fetchone() == (6, Decimal("1.50"))


def test_a_dump_of_other_tables_is_refused(tmp_path, generated_column):
    fill()
    path = make(tmp_path, "--format", "pg_dump")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subjects RENAME COLUMN twice TO double")
    try:
        Subject.objects.update(epoch=4)
        with connection.cursor() as cursor:
            cursor.execute('ALTER TABLE subjects RENAME COLUMN "Odd name" TO odd')
        with pytest.raises(CommandError, match="table subjects of the backup is not a table of this database"):
            call_command("restore_data", str(path), "--flush")
        assert Subject.objects.get().epoch == 4
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE subjects RENAME COLUMN double TO twice")
            cursor.execute('ALTER TABLE subjects RENAME COLUMN odd TO "Odd name"')


def test_a_writer_in_the_middle_of_something_is_waited_for_and_then_given_up(tmp_path, settings):
    path = make(tmp_path)
    taken, done = threading.Event(), threading.Event()

    def writer():
        with transaction.atomic():
            Subject.objects.create(user_id=uuid.uuid4())
            taken.set()
            done.wait(30)
        connections.close_all()

    thread = threading.Thread(target=writer)
    thread.start()
    taken.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    try:
        with pytest.raises(CommandError, match=r"Nothing was restored: .*lock timeout"):
            call_command("restore_data", str(path), "--flush")
    finally:
        done.set()
        thread.join()
        connection.close()
    assert Subject.objects.count() == 1


def old(directory, days, service="shared", suffix="jsonl"):
    when = datetime.now(tz=UTC) - timedelta(days=days)
    path = directory / f"plaza-{service}-{when:%Y%m%dT%H%M%S.%fZ}.{suffix}"
    path.write_text("old")
    return path.name


def test_only_this_services_old_backups_are_removed(tmp_path):
    gone = [old(tmp_path, 8), old(tmp_path, 8, suffix="jsonl.sha256"), old(tmp_path, 30, suffix="dump")]
    unfinished = tmp_path / f".{old(tmp_path, 9)}.x1y2_3.partial"
    unfinished.write_text("half")
    kept = [old(tmp_path, 6), old(tmp_path, 30, service="users"), old(tmp_path, 30, suffix="txt"), "notes"]
    (tmp_path / "notes").write_text("mine")

    new = make(tmp_path, "--keep-days", "7")

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*kept, new.name, f"{new.name}.sha256"}
    assert names.isdisjoint([*gone, unfinished.name])


@pytest.mark.parametrize("options", [(), ("--compress",), ("--format", "pg_dump")], ids=["json", "gzip", "pg_dump"])
def test_a_backup_that_fails_leaves_the_earlier_ones_and_nothing_of_itself(tmp_path, monkeypatch, options):
    earlier = old(tmp_path, 30)
    with monkeypatch.context() as broken:
        broken.setitem(connection.settings_dict, "PORT", "1")
        connection.close()
        with pytest.raises(CommandError, match="No backup was made"):
            make(tmp_path, *options)

    assert [path.name for path in tmp_path.iterdir()] == [earlier]


def test_a_failure_in_the_middle_leaves_nothing_either(tmp_path, monkeypatch):
    fill()
    earlier = old(tmp_path, 30)
    written = backup._write_rows

    def fails_at_the_third(out, table, names):
        if table == "events_outbox":
            raise OSError("No space left on device")
        return written(out, table, names)

    monkeypatch.setattr(backup, "_write_rows", fails_at_the_third)

    with pytest.raises(CommandError, match="No backup was made: No space left"):
        make(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [earlier]


@pytest.mark.parametrize("place", ["given", "path"])
def test_a_missing_program_is_a_clear_error(tmp_path, settings, monkeypatch, place):
    settings.PG_BIN = tmp_path if place == "given" else None
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CommandError, match=r"pg_dump is not (in PG_BIN \(|on PATH; set PG_BIN)"):
        call_command("backup_data", "--output-dir", str(tmp_path), "--format", "pg_dump")

    assert list(tmp_path.iterdir()) == []


def test_backups_are_kept_for_a_day_at_least(tmp_path):
    with pytest.raises(CommandError, match="must be 1 or more"):
        call_command("backup_data", "--output-dir", str(tmp_path), "--keep-days", "0")


def test_a_compressed_backup_is_smaller_and_says_the_same(tmp_path):
    Subject.objects.bulk_create(Subject(user_id=uuid.uuid4()) for _ in range(500))

    plain = make(tmp_path)
    packed = make(tmp_path, "--compress")

    assert packed.stat().st_size < plain.stat().st_size / 2
    assert gzip.decompress(packed.read_bytes()).splitlines()[1:] == plain.read_bytes().splitlines()[1:]


def test_circles_of_tables_are_cut():
    parents = {"a": ["b"], "b": ["c"], "c": ["a"], "self": ["self"]}

    assert tables._ordered(["a", "b", "c", "self"], parents) == ["c", "b", "a", "self"]


def test_a_restore_answers_with_its_counts(tmp_path):
    fill()

    counts = restore.restore(path=make(tmp_path), flush=True)

    assert counts == {name: int(name in FILLED) for name in tables.columns()}


MEASURE = """
import resource, sys
from pathlib import Path
import django
django.setup()
from shared.upkeep import backup, restore
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
small = backup.make(directory=Path(sys.argv[1]), form=sys.argv[2], compress=True, keep_days=7)
restore.restore(path=small, flush=True)
before = peak()
from django.db import connection
with connection.cursor() as cursor:
    rows = "SELECT gen_random_uuid(), repeat('x', 100) FROM generate_series(1, 100000)"
    cursor.execute(f"INSERT INTO events_inbox {rows}")
large = backup.make(directory=Path(sys.argv[1]), form=sys.argv[2], compress=False, keep_days=7)
print(restore.restore(path=large, flush=True)["events_inbox"], large.stat().st_size, peak() - before)
"""


@pytest.mark.parametrize("form", ["json", "pg_dump"])
def test_a_hundred_thousand_rows_take_no_more_memory_than_a_few(tmp_path, form):
    fill()
    db = connection.settings_dict
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}",
        "PG_BIN": str(postgres.binaries()),
    }

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), form], env=env, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    rows, file_bytes, grown_kib = map(int, done.stdout.split())
    assert (rows, file_bytes > 13_000_000) == (100_000, True)
    assert grown_kib < 8 * 1024
