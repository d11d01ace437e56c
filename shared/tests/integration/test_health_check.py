"""`health_check` looks at the real parts, says how long each took, and fails only for those the service needs."""

import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from types import SimpleNamespace

import orjson
import pytest
from django.core.management import call_command
from django.db import connection

from shared.health import heartbeat
from shared.testing import waiting
from shared.upkeep import vitals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def roomy(monkeypatch):
    """Disks with room, and time for the broker's answer, whatever this machine has."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=1000, used=900, free=100))
    monkeypatch.setattr(vitals, "_SECONDS", waiting.PATIENCE)


def check(capsys):
    """Return the exit code and the parts."""
    code = 0
    try:
        call_command("health_check", "--format", "json")
    except SystemExit as ended:
        code = ended.code
    said = orjson.loads(capsys.readouterr().out)
    assert said["status"] == ("unavailable" if code else "ok")
    return code, said["parts"]


def states(parts):
    return {name: part["status"] for name, part in parts.items()}


def test_every_part_is_looked_at_and_timed(capsys):
    for process in ("worker", "relay", "beat"):
        heartbeat._leave_mark(process)

    code, parts = check(capsys)

    assert code == 0
    names = ["database", "migrations", "cache", "worker", "relay", "beat", "broker", f"disk {tempfile.gettempdir()}"]
    assert states(parts) == dict.fromkeys(names, "ok")
    assert [name for name in names if parts[name]["required"]] == ["database", "migrations", names[-1]]
    assert all(0 <= part["seconds"] < 60 for part in parts.values())


def test_the_table_has_a_line_for_each_part(capsys):
    call_command("health_check")

    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["database"][1:3] == ["ok", "required"]
    assert lines["broker"][1:3] == ["ok", "optional"]


def test_without_the_database_it_fails(monkeypatch, capsys):
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    connection.close()

    code, parts = check(capsys)

    assert code == 1
    assert (parts["database"]["status"], parts["database"]["note"]) == ("down", "does not answer")
    assert parts["migrations"]["status"] == "down"


def test_without_cache_broker_and_processes_it_warns_only(settings, capsys):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    settings.BROKER_URL = "amqp://user:hidden@127.0.0.1:1//"

    code, parts = check(capsys)

    assert code == 0
    down = {name for name, state in states(parts).items() if state == "down"}
    assert down == {"cache", "worker", "relay", "beat", "broker"}
    assert "hidden" not in repr(parts)


@pytest.fixture
def stranger():
    """A server that speaks something else, or nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def start(answer):
            def serve():
                client, _ = server.accept()
                with client, suppress(ConnectionError):  # whoever does not like the answer hangs up
                    if answer:
                        client.sendall(answer)
                    client.recv(100)
                    client.recv(100)

            threading.Thread(target=serve, daemon=True).start()
            return server.getsockname()[1]

        yield start


@pytest.mark.parametrize(
    ("answer", "note"), [(b"HTTP/1.1 400 Bad Request", "does not speak AMQP 0-9-1"), (b"", "does not answer")]
)
def test_a_broker_that_answers_wrongly_or_not_at_all_is_down(settings, monkeypatch, stranger, capsys, answer, note):
    if not answer:
        monkeypatch.setattr(vitals, "_SECONDS", 0.2)
    settings.BROKER_URL = f"amqp://127.0.0.1:{stranger(answer)}//"

    _, parts = check(capsys)

    assert (parts["broker"]["status"], parts["broker"]["note"]) == ("down", note)
    assert parts["broker"]["seconds"] < 60  # the stranger would wait for ever


def test_a_broker_with_tls_must_have_a_certificate(settings, stranger, capsys):
    settings.BROKER_URL = f"amqps://127.0.0.1:{stranger(b'plain text')}//"

    _, parts = check(capsys)

    assert parts["broker"]["status"] == "down"


def test_a_disk_with_less_than_a_tenth_free_fails(monkeypatch, settings, capsys, tmp_path):
    settings.LOG_DIR = tmp_path / "logs" / "yet to come"
    full = lambda path: SimpleNamespace(total=1000, used=901, free=99 if path == tmp_path else 500)  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", full)

    code, parts = check(capsys)

    assert code == 1
    assert parts[f"disk {settings.LOG_DIR}"]["note"] == "only 9.9 % free"
    assert parts[f"disk {tempfile.gettempdir()}"]["status"] == "ok"
