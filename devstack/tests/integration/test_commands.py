"""`up`, `status`, `logs`, `down`, `reset` and `exec` as a user calls them, with real stores."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from devstack import config, ephemeral, ports, processes, report, stack
from devstack.parts import service
from devstack.tests.conftest import Commands
from devstack.tests.waiting import until


def test_up_twice_is_harmless_and_down_leaves_no_process(devstack):
    devstack("up", "--only", "valkey")
    first = devstack.status()
    devstack("up", "--only", "valkey")
    second = devstack.status()

    told = devstack("down")

    assert first["phase"] == "ready"
    assert [second["parts"][name]["pid"] for name in ("valkey", "supervisor")] == [
        first["parts"][name]["pid"] for name in ("valkey", "supervisor")
    ]
    assert first["parts"]["valkey"]["ports"] == second["parts"]["valkey"]["ports"]
    assert first["parts"]["valkey"]["memory_bytes"] > 1_000_000
    assert first["parts"]["valkey"]["uptime_seconds"] > 0
    assert "everything has stopped" in told
    assert devstack.living() == []
    assert devstack.status()["phase"] == "down"
    assert "nothing was running" in devstack("down")


def test_a_killed_supervisor_is_repaired_by_up(devstack):
    devstack("up", "--only", "postgres,valkey")
    before = devstack.status()["parts"]
    orphans = [psutil.Process(before[name]["pid"]) for name in ("valkey", "postgres")]

    os.kill(before["supervisor"]["pid"], signal.SIGKILL)
    devstack("up", "--only", "postgres,valkey")

    after = devstack.status()["parts"]
    assert after["supervisor"]["pid"] != before["supervisor"]["pid"]
    assert [processes.alive(pid=each.pid, created=each.create_time()) for each in orphans] == [False, False]
    assert [part["status"] for part in after.values()] == ["ready", "ready", "done", "ready"]
    assert after["postgres"]["ports"] == before["postgres"]["ports"]


def test_everything_killed_at_once_is_repaired_by_up(devstack):
    devstack("up", "--only", "postgres,valkey")
    for process in devstack.living():
        process.kill()

    devstack("up", "--only", "postgres,valkey")

    assert devstack.status()["phase"] == "ready"


def test_a_killed_part_is_restarted_and_status_shows_it(devstack):
    devstack("up", "--only", "valkey")

    os.kill(devstack.status()["parts"]["valkey"]["pid"], signal.SIGKILL)
    part = until(lambda: _restarted(devstack))

    assert part["restarts"] == 1
    assert part["last_exit"] == "signal SIGKILL"
    assert "signal SIGKILL" in devstack("status")


def _restarted(devstack: Commands) -> dict[str, Any]:
    part: dict[str, Any] = devstack.status()["parts"]["valkey"]
    return part if part["status"] == "ready" and part["restarts"] else {}


def test_a_given_port_is_used_and_one_in_use_is_a_clear_error(devstack):
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        refused = devstack("up", "--only", "valkey", code=1, PLAZA_VALKEY_PORT=str(port))

    devstack("up", "--only", "valkey", PLAZA_VALKEY_PORT=str(port))

    assert f"failed: port {port} for valkey is in use" in refused
    assert "PLAZA_VALKEY_PORT" in refused
    assert devstack.status()["parts"]["valkey"]["ports"] == {"valkey": port}


def test_a_part_that_does_not_start_is_told_with_its_log_and_nothing_stays(devstack):
    devstack("up", "--only", "postgres")
    devstack("down")
    (devstack.run_dir / "postgres" / "postgresql.conf").write_text("port = nonsense\n")

    told = devstack("up", "--only", "postgres", code=1)

    assert "failed: postgres did not start" in told
    assert "it ended with exit code 1" in told
    assert 'invalid value for parameter "port": "nonsense"' in told
    assert devstack.living() == []


def test_given_servers_are_used_instead_of_parts(devstack):
    with ephemeral.stores(names=["postgres"]) as other:
        url = other.database_url(name="postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP DATABASE orders")
        told = devstack("up", "--only", "postgres,valkey", DATABASE_URL=other.database_server_url)
        with psycopg.connect(other.database_url(name="orders")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        parts = devstack.status()["parts"]
        devstack("down")

    assert f"export DATABASE_SERVER_URL={other.database_server_url}" in told
    assert parts["postgres"]["status"] == "given"
    assert parts["postgres"]["pid"] is None
    assert parts["valkey"]["status"] == "ready"


def test_a_given_server_that_is_away_is_a_clear_error(devstack):
    told = devstack("up", "--only", "postgres", code=1, DATABASE_URL="postgresql://me:secret@127.0.0.1:1")

    assert "failed: databases did not start" in told
    assert "Connection refused" in told
    assert "DATABASE_URL" in told
    assert devstack.living() == []


def test_logs_show_a_part_and_reset_deletes_the_data(devstack):
    devstack("up", "--only", "valkey")
    kept = devstack.run_dir / "notes.txt"
    kept.write_text("not devstack's")

    shown = devstack("logs", "valkey", "--no-follow", "--lines", "50")
    refused = devstack("logs", "valky", "--no-follow", code=1)
    devstack("reset")

    assert "valkey           | " in shown
    assert "Ready to accept connections" in shown
    assert "failed: no log of valky" in refused
    assert [path.name for path in devstack.run_dir.iterdir()] == ["notes.txt"]


def settings_of(devstack: Commands) -> config.Config:
    """What the commands themselves read, for questions without another process."""
    return dataclasses.replace(config.from_environment(environ=os.environ), run_dir=devstack.run_dir)


def make_tables(devstack: Commands, *, name: str, app: str) -> None:
    """Migrate one app of a service of the running stack."""
    known = service.environment(stack=stack.load_stack(config=settings_of(devstack)), service=name, owner=True)
    command = [sys.executable, "manage.py", "migrate", app, "--verbosity", "0"]
    subprocess.run(command, cwd=config.ROOT / "services" / name, env=known, check=True)


@pytest.mark.timeout(600)  # a dozen processes, each slow to start where others are busy
def test_a_running_stack_is_backed_up_and_a_service_takes_only_its_own(devstack, tmp_path, capsys):
    devstack("up", "--only", "postgres")
    for name in config.SERVICES:
        make_tables(devstack, name=name, app="upkeep")  # where backups are noted

    report.status(config=settings_of(devstack), form="table")
    devstack("backup", str(tmp_path / "backups"))

    told = report.describe(config=settings_of(devstack))["backups"]
    assert capsys.readouterr().out.splitlines()[-1] == "backups: users never, catalog never, orders never"
    assert [(each["service"], each["form"]) for each in told] == [(name, "json") for name in config.SERVICES]
    assert all(each["age_seconds"] >= 0 and each["size_bytes"] > 0 for each in told)
    files = {path.name.split("-")[1]: path for path in (tmp_path / "backups").glob("*.jsonl.gz")}
    assert set(files) == {"users", "catalog", "orders"}
    assert "[X] 0001_backup_marks" in devstack("manage", "catalog", "showmigrations", "upkeep")
    assert "a backup of catalog, not of users" in devstack("restore", "users", str(files["catalog"]), code=1)


def test_an_audit_of_what_has_no_tables_is_no_success(devstack):
    devstack("up", "--only", "postgres")

    told = devstack("audit", code=2)

    assert [line for line in told.splitlines() if line.startswith("==")] == [
        "== users",
        "== catalog",
        "== orders",
        "== across the services",
    ]
    assert 'A database cannot be read: relation "orders" does not exist' in told


def test_exec_gives_addresses_and_the_exit_code_and_leaves_nothing(devstack, tmp_path):
    script = """
import os, pathlib, sys, psycopg
psycopg.connect(os.environ["DATABASE_SERVER_URL"] + "/orders").close()
pathlib.Path(sys.argv[1]).write_text(os.environ["CACHE_URL"])
sys.exit(7)
"""
    written = tmp_path / "url"

    devstack("exec", "--parts", "postgres,valkey", "--", sys.executable, "-c", script, str(written), code=7)

    port = int(written.read_text().rpartition(":")[2].partition("/")[0])
    assert ports.is_free(port=port)
    assert not devstack.run_dir.exists()


@pytest.mark.parametrize(("command", "code"), [("kill -TERM $$", 143), ("exit 0", 0)])
def test_exec_tells_how_the_command_ended(devstack, command, code):
    devstack("exec", "--parts", "valkey", "--", "/bin/sh", "-c", command, code=code)


def test_a_killed_exec_takes_its_stores_along(devstack, tmp_path):
    written = tmp_path / "mark"
    script = f"ls -d $TMPDIR/plaza-* > {written}; sleep 60"
    environment = stack.clean(environ=os.environ, cache_dir=tmp_path) | {"TMPDIR": str(tmp_path)}
    running = subprocess.Popen(
        [sys.executable, "-m", "devstack", "exec", "--parts", "postgres,valkey", "--", "/bin/sh", "-c", script],
        cwd=config.ROOT,
        env=environment,
        start_new_session=True,
    )
    run_dir = until(lambda: written.exists() and written.read_text().strip())
    before = [(process.pid, process.name()) for process in processes.of_stack(stack=Path(run_dir))]

    os.killpg(running.pid, signal.SIGKILL)
    running.wait()

    until(lambda: not processes.of_stack(stack=Path(run_dir)))
    assert {"postgres", "valkey-server"} <= {name for _, name in before}
