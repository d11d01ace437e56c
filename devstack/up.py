"""`devstack up`: repair, start, wait for every part, seed, place a first order, and say where everything is."""

import contextlib
import fcntl
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from devstack import config as configuration
from devstack import daemon, demo, errors, files, progress, report
from devstack import stack as stacks
from devstack.member import GOOD
from devstack.parts import envoy

LIMIT_SECONDS = 600.0
"""All downloads over a slow line, all parts."""
SEEDED = "seeded.json"


def run(*, config: configuration.Config, only: Sequence[str] = ()) -> int:
    """Bring the system up, or find it up; with `only` just these stores, without demo data and first order.

    Raises DevstackError when a part, a seed or the first order fails.
    """
    begun = time.monotonic()
    with _alone(config=config):
        if not serves(config=config, only=only):
            _start(config=config, only=only)
        wait(config=config)
        stack = stacks.load_stack(config=config)
        if only:
            return report.addresses(stack=stack, names=only)
        _seed(stack=stack)
        order = demo.first_order(url=stack.gateway_url, password=stack.passwords["seed"])
        files.write(path=config.run_dir / daemon.SUMMARY, content=report.facts(stack=stack, order=order))
    report.summary(stack=stack, order=order, seconds=time.monotonic() - begun)
    return 0


def _start(*, config: configuration.Config, only: Sequence[str]) -> None:
    left = daemon.stop(config=config)
    if left:
        sys.stdout.write(f"repaired: ended {left} processes that an earlier run left behind\n")
    stacks.open_stack(config=config)
    files.write(path=config.run_dir / "given.json", content=dict(config.given_servers))
    daemon.launch(config=config, only=only)


def serves(*, config: configuration.Config, only: Sequence[str]) -> bool:
    """Tell whether a supervisor lives whose stack is the wanted one: the whole system, or at least these stores."""
    told = daemon.state(config=config)
    if not told or told["phase"] in {"failed", "stopping"}:
        return False
    given = {configuration.SERVERS[name] for name in config.given_servers}
    return set(only or [envoy.NAME]) <= set(told["parts"]) | given


def wait(*, config: configuration.Config, seconds: float = LIMIT_SECONDS) -> None:
    """Block until every part is ready, showing the progress.

    Raises DevstackError when a part fails, the supervisor dies or the time is over.
    """
    deadline = time.monotonic() + seconds
    launched = time.monotonic()
    with progress.shown() as show:
        while time.monotonic() < deadline:
            told = daemon.state(config=config)
            show(told)
            if told.get("phase") == "ready" and all(one["status"] in GOOD for one in told["parts"].values()):
                return
            _check(config=config, told=told, launched=launched)
            time.sleep(0.2)
    raise _late(told=daemon.state(config=config), seconds=seconds)


def _check(*, config: configuration.Config, told: dict[str, Any], launched: float) -> None:
    failed = daemon.last_failure(config=config)
    if failed and (not told or told["phase"] == "failed"):
        daemon.stop(config=config)
        raise failed
    if not told and time.monotonic() - launched > 15:  # noqa: PLR2004  (seconds an interpreter may take to start)
        raise errors.DevstackError(
            "the supervisor is gone",
            why="it was stopped, or it could not start",
            remedy="run the command again; its log tells more",
            log=config.run_dir / "logs" / "supervisor.log",
        )


def _late(*, told: dict[str, Any], seconds: float) -> errors.DevstackError:
    late = {name: one for name, one in told.get("parts", {}).items() if one["status"] not in GOOD}
    why = "; ".join(f"{name} is {one['status']} {one['note']}".strip() for name, one in late.items())
    what = f"not ready after {seconds:.0f} s: {', '.join(late) or 'the supervisor'}"
    return errors.DevstackError(what, why=why, remedy="see `make status` and `make logs`")


def _seed(*, stack: stacks.Stack) -> None:
    """Seed once per data directory and server; seeding is idempotent, but starting three Djangos takes time."""
    marker = stack.run_dir / SEEDED
    wanted = {"database": stack.database_server_url.rpartition("@")[2], "password": stack.passwords["seed"]}
    if files.read(path=marker) != wanted:
        demo.seed(stack=stack)
        files.write(path=marker, content=wanted)


@contextlib.contextmanager
def _alone(*, config: configuration.Config) -> Iterator[None]:
    try:
        config.run_dir.mkdir(parents=True, exist_ok=True)
        lock = (config.run_dir / "lock").open("w")
    except OSError as error:
        why, remedy = str(error), "make the directory writable, or choose another with PLAZA_RUN_DIR"
        raise errors.DevstackError(f"cannot write to {config.run_dir}", why=why, remedy=remedy) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
