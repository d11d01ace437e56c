"""The supervisor as a process of its own, detached from the terminal, telling its state in a file."""

import contextlib
import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from devstack import config as configuration
from devstack import errors, files, processes, supervisor
from devstack import stack as stacks
from devstack.parts import catalogue

STATE = "state.json"
SUMMARY = "summary.json"
"""Where a running system is and who may log in, for programs such as the replay."""


def run(*, config: configuration.Config, only: Sequence[str] = ()) -> int:
    """Supervise the whole system, or only some stores, until a signal comes; 1 when it did not start."""
    identity = {"pid": os.getpid(), "created": psutil.Process().create_time()}

    known: dict[str, str] = {}

    def tell(snapshot: dict[str, Any]) -> None:
        files.write(path=config.run_dir / STATE, content={"supervisor": identity, **snapshot})
        _note(parts=snapshot["parts"], known=known)

    try:
        stack = stacks.load_stack(config=config)
        parts = catalogue.stores(stack=stack, names=only) if only else catalogue.system(stack=stack)
    except errors.DevstackError as error:
        tell({"phase": "failed", "failure": error.told(), "parts": {}})
        return 1
    supervising = supervisor.Supervisor(parts=parts, run_dir=config.run_dir, changed=tell)
    supervisor.stop_on_signals(supervisor=supervising)
    supervising.run()
    return 1 if supervising.failure else 0


def _note(*, parts: dict[str, Any], known: dict[str, str]) -> None:
    """Write the supervisor's log: one line for every part that came into another state."""
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="milliseconds")
    for name, one in parts.items():
        if known.get(name) != one["status"]:
            known[name] = one["status"]
            more = one["last_exit"] if one["status"] in {"backoff", "failed", "stopped"} else one["note"]
            sys.stdout.write(f"{now} {name} {one['status']} {more}".rstrip() + "\n")


def launch(*, config: configuration.Config, only: Sequence[str] = ()) -> None:
    """Start the supervisor in a session of its own; the caller may end without ending it."""
    with (config.run_dir / "logs" / "supervisor.log").open("ab") as output:
        subprocess.Popen(  # noqa: S603  (this program itself)
            [sys.executable, "-m", "devstack", "supervise", *(("--only", ",".join(only)) if only else ())],
            cwd=configuration.ROOT,
            env=os.environ | {processes.MARK: str(config.run_dir)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def state(*, config: configuration.Config) -> dict[str, Any]:
    """Return the last state told by a supervisor that lives; an empty one without."""
    told = files.read(path=config.run_dir / STATE)
    identity = told.get("supervisor", {})
    lives = identity and processes.alive(pid=identity["pid"], created=identity["created"])
    return told if lives else {}


def last_failure(*, config: configuration.Config) -> errors.DevstackError | None:
    """Return why the last supervisor gave up, if it did."""
    told = files.read(path=config.run_dir / STATE).get("failure")
    if not told:
        return None
    log = Path(told["log"]) if told["log"] else None
    return errors.DevstackError(told["what"], why=told["why"], remedy=told["remedy"], log=log)


def stop(*, config: configuration.Config, seconds: float = 150.0) -> int:
    """Stop the supervisor and everything it started; nothing of the stack lives afterwards.

    Returns how many processes had to be cleared away beyond those that the supervisor stopped itself.
    """
    told = state(config=config)
    if told:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(told["supervisor"]["pid"])
            process.terminate()
            _wait(process=process, seconds=seconds)
    left = processes.clear(stack=config.run_dir)
    for name in (STATE, SUMMARY):
        (config.run_dir / name).unlink(missing_ok=True)
    return left


def _wait(*, process: psutil.Process, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(timeout=0.5)
            return
    process.kill()
