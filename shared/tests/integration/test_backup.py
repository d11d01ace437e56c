"""Backups appear whole or not at all."""

import gzip
import os
import stat
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from archives import FILLED, FORMATS, content, empty, fill, make
from django.core.management import CommandError, call_command
from django.db import connection, connections
from prometheus_client import REGISTRY

from devstack.parts import postgres
from shared.auth.models import Subject
from shared.events.models import OutboxEvent
from shared.upkeep import backup, marks, tables
from shared.upkeep.models import BackupMark

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def programs(settings):
    settings.PG_BIN = postgres.binaries()


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
    rows, file_bytes, grown_kib = map(int, done.stdout.splitlines()[-1].split())
    assert (rows, file_bytes > 13_000_000) == (100_000, True)
    assert grown_kib < 8 * 1024


@pytest.mark.parametrize(("options", "form"), [((), "json"), (("--format", "pg_dump"), "pg_dump")])
def test_a_good_backup_is_noted_and_told_as_a_metric(tmp_path, options, form):
    make(tmp_path, *options)
    last = make(tmp_path, *options)

    marks.measure()

    assert BackupMark.objects.get().size == last.stat().st_size
    began = datetime.strptime(last.name.split("-")[2].partition("Z.")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    assert REGISTRY.get_sample_value("plaza_backup_timestamp_seconds", {"form": form}) == began.timestamp()


def test_without_any_backup_the_age_of_the_database_is_told():
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(applied), max(applied) FROM django_migrations")
        first, last = cursor.fetchone()

    marks.measure()

    assert not BackupMark.objects.exists()
    assert REGISTRY.get_sample_value("plaza_database_created_timestamp_seconds") == first.timestamp()
    assert first < last


def test_a_backup_that_fails_changes_no_mark(tmp_path, monkeypatch):
    make(tmp_path)
    before = BackupMark.objects.get().taken_at
    monkeypatch.setattr(backup, "_write_checksum", lambda *_: (_ for _ in ()).throw(OSError("disk full")))

    with pytest.raises(CommandError, match="No backup was made: disk full"):
        make(tmp_path)

    assert BackupMark.objects.get().taken_at == before


def test_another_services_file_says_nothing_about_ours(tmp_path):
    with pytest.raises(ValueError, match="is no backup of shared"):
        backup.taken_at(tmp_path / "plaza-users-20260101T000000.000000Z.jsonl")


@pytest.mark.parametrize(("types", "count"), [((), 1), (("--type", "new"), 1), (("--type", "old"), 0)])
def test_what_happened_since_a_time_is_sent_again_and_nothing_older(capsys, types, count):
    times = {"old": datetime(2026, 1, 1, tzinfo=UTC), "new": datetime(2026, 1, 3, tzinfo=UTC)}
    for kind, when in times.items():
        event = {"event_id": uuid.uuid4(), "type": kind, "subject": uuid.uuid4(), "data": {}}
        OutboxEvent.objects.create(**event, occurred_at=when, sent_at=when)

    call_command("resend_events", "--since", "2026-01-02T00:00:00Z", *types)

    assert capsys.readouterr().out == f"{count} events will be sent again\n"
    assert list(OutboxEvent.objects.filter(sent_at=None).values_list("type", flat=True)) == ["new"] * count


@pytest.mark.parametrize("text", ["yesterday", "2026-01-02T00:00:00"])
def test_a_time_without_a_zone_is_refused(text):
    with pytest.raises(CommandError, match="is no time with a zone"):
        call_command("resend_events", "--since", text)
