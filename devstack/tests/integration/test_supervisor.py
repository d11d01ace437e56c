"""The supervisor with real PostgreSQL and Valkey, and with small parts that misbehave."""

import signal
import sys
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from devstack import config, ephemeral, errors, part, processes, readiness, supervisor
from devstack import stack as stacks
from devstack.parts import catalogue
from devstack.tests.waiting import until


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """PostgreSQL and Valkey under one supervisor: (stack, supervisor)."""
    run_dir = tmp_path_factory.mktemp("stores")
    stack = stacks.open_stack(config=config.Config(run_dir=run_dir, cache_dir=run_dir / "cache", durable=False))
    parts = catalogue.stores(stack=stack, names=["postgres", "valkey"])
    with ephemeral.supervised(parts=parts, run_dir=run_dir) as supervising:
        yield stack, supervising


def told(supervising: supervisor.Supervisor, name: str) -> dict[str, Any]:
    described: dict[str, Any] = supervising.snapshot()["parts"][name]
    return described


def test_services_find_their_databases(stores):
    stack, supervising = stores

    for name in config.SERVICES:
        with psycopg.connect(stack.database_url(name=name)) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == (name,)
    assert told(supervising, "databases")["status"] == "done"
    assert told(supervising, "postgres")["version"] == "18.6"


def test_a_wrong_password_opens_nothing(stores):
    stack, _ = stores

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stack.database_url(name="users").replace(stack.passwords["postgres"], "guess"))
    with pytest.raises(errors.NotReady, match="WRONGPASS"):
        readiness.valkey(port=stack.ports["valkey"], password="guess")


def test_a_killed_part_is_restarted_and_the_crash_is_shown(stores):
    _, supervising = stores
    before = told(supervising, "valkey")

    supervising.signal(name="valkey", number=signal.SIGKILL)
    supervising.wait_ready(names=["valkey"])

    after = told(supervising, "valkey")
    assert after["restarts"] == before["restarts"] + 1
    assert after["pid"] != before["pid"]
    assert after["last_exit"] == "signal SIGKILL"


def test_a_killed_postgres_comes_back_with_what_was_committed(stores):
    stack, supervising = stores
    with psycopg.connect(stack.database_url(name="users"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    supervising.signal(name="postgres", number=signal.SIGKILL)
    supervising.wait_ready(names=["postgres"])

    with psycopg.connect(stack.database_url(name="users"), autocommit=True) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_frozen_part_is_shown_as_unready_until_it_goes_on(stores):
    _, supervising = stores
    pid = told(supervising, "valkey")["pid"]

    supervising.signal(name="valkey", number=signal.SIGSTOP)
    note = until(lambda: told(supervising, "valkey")["status"] == "unready" and told(supervising, "valkey")["note"])
    supervising.signal(name="valkey", number=signal.SIGCONT)
    until(lambda: told(supervising, "valkey")["status"] == "ready")

    assert "timed out" in note
    assert told(supervising, "valkey")["pid"] == pid


def test_a_held_part_stays_stopped_until_it_is_released(stores):
    stack, supervising = stores
    restarts = told(supervising, "valkey")["restarts"]

    supervising.hold(name="valkey")
    time.sleep(1)
    held = told(supervising, "valkey")
    with pytest.raises(ConnectionRefusedError):
        readiness.valkey(port=stack.ports["valkey"], password=stack.passwords["valkey"])
    supervising.release(name="valkey")
    supervising.wait_ready(names=["valkey"])

    assert (held["status"], held["pid"]) == ("held", None)
    assert told(supervising, "valkey")["restarts"] == restarts


def small(*, name: str, script: str, **more: Any) -> part.Part:
    """A part that is a shell script."""
    return part.Part(name=name, command=("/bin/sh", "-c", script), cwd=config.ROOT, remedy="mend the script", **more)


def run_small(tmp_path: Path, *parts: part.Part) -> AbstractContextManager[supervisor.Supervisor]:
    (tmp_path / "logs").mkdir()
    return ephemeral.supervised(parts=parts, run_dir=tmp_path)


def test_a_part_that_always_crashes_fails_the_start_with_its_log(tmp_path):
    crashing = small(name="crashing", script="echo cannot read my file; exit 3")

    with pytest.raises(errors.DevstackError) as caught, run_small(tmp_path, crashing):
        pass

    assert caught.value.what == "crashing did not start"
    assert caught.value.why == "it ended with exit code 3"
    assert caught.value.remedy == "mend the script"
    assert caught.value.log
    assert caught.value.log.read_text() == "cannot read my file\n" * supervisor.TRIES


def not_yet() -> None:
    raise errors.NotReady("the door is shut")


def test_a_part_that_is_never_ready_fails_after_its_time_limit_with_what_was_missing(tmp_path):
    slow = small(name="slow", script="exec sleep 60", ready=not_yet, start_seconds=1)
    begun = time.monotonic()

    with pytest.raises(errors.DevstackError) as caught, run_small(tmp_path, slow):
        pass

    assert caught.value.why == "not ready after 1 s: the door is shut"
    assert time.monotonic() - begun < 60


def test_a_preparation_that_fails_is_explained(tmp_path):
    def prepare():
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(errors.DevstackError) as caught,
        run_small(tmp_path, small(name="full", script="true", prepare=prepare)),
    ):
        pass

    assert caught.value.what == "full could not be prepared"
    assert "No space left on device" in caught.value.why
    assert caught.value.remedy == "free some disk space"


def test_a_job_runs_before_those_who_need_it_and_only_once(tmp_path):
    job = small(name="job", script=f"sleep 0.3; echo job >> {tmp_path}/story", once=True)
    user = small(name="user", script=f"echo user >> {tmp_path}/story; exec sleep 60", needs=("job",))

    with run_small(tmp_path, user, job) as supervising:
        until(lambda: (tmp_path / "story").read_text().count("\n") == 2)
        states = {name: told(supervising, name)["status"] for name in ("job", "user")}

    assert (tmp_path / "story").read_text() == "job\nuser\n"
    assert states == {"job": "done", "user": "ready"}


def test_stopping_goes_by_rank_and_kills_what_does_not_listen(tmp_path):
    story = tmp_path / "story"
    polite = f"trap 'echo $0 >> {story}; exit 0' TERM; while :; do sleep 0.05; done"
    first = part.Part(name="first", command=("/bin/sh", "-c", polite, "first"), cwd=tmp_path, stop_rank=1)
    second = part.Part(name="second", command=("/bin/sh", "-c", polite, "second"), cwd=tmp_path, stop_rank=2)
    deaf = small(name="deaf", script="trap '' TERM; while :; do sleep 0.05; done", stop_seconds=1)

    with run_small(tmp_path, second, first, deaf) as supervising:
        pass

    assert story.read_text() == "first\nsecond\n"
    assert told(supervising, "deaf")["last_exit"] == "killed, did not stop in time"
    assert {told(supervising, name)["status"] for name in ("first", "second", "deaf")} == {"stopped"}


def test_what_a_part_leaves_behind_in_another_session_is_ended_too(tmp_path):
    runaway = "import os,time; os.setsid(); time.sleep(60)"
    parent = small(name="parent", script=f"{sys.executable} -c '{runaway}' & exec sleep 60")

    with run_small(tmp_path, parent):
        stray = until(lambda: [p for p in processes.of_stack(stack=tmp_path) if "-c" in p.cmdline()])[0]

    assert not stray.is_running()


def test_waiting_for_a_stopped_supervisor_ends(tmp_path):
    (tmp_path / "logs").mkdir()
    supervising = supervisor.Supervisor(
        parts=[small(name="slow", script="exec sleep 60", ready=not_yet)], run_dir=tmp_path
    )
    supervising.start_thread()
    threading.Timer(0.5, supervising.stop).start()

    with pytest.raises(errors.DevstackError, match="not ready: slow"):
        supervising.wait_ready()
