"""A restore takes a whole backup of this database or changes nothing."""

import threading
import uuid
from decimal import Decimal

import pytest
from archives import FILLED, FORMATS, content, fill, make, sign
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from devstack.parts import postgres
from shared.auth.models import Subject
from shared.events.models import InboxEvent
from shared.upkeep import backup, restore, tables

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def programs(settings):
    settings.PG_BIN = postgres.binaries()


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


def test_numbers_of_another_schema_are_not_looked_at():
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA elsewhere")
        cursor.execute("CREATE TABLE elsewhere.events_outbox (id serial, only_there serial)")
    try:
        tables.raise_sequences()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA elsewhere CASCADE")


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
    settings.SERVICE_INVARIANTS = "archives.NO_EPOCH"

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


def test_a_restore_answers_with_its_counts(tmp_path):
    fill()

    counts = restore.restore(path=make(tmp_path), flush=True)

    assert counts == {name: int(name in FILLED) for name in tables.columns()}
