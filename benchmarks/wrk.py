"""The load generator: wrk from Debian's package, pinned beside the server, its figures as JSON from a Lua script."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.figures import Sample
from devstack import config, debian

_SCRIPTS = Path(__file__).parent / "lua"
CONNECTIONS = 16
_LEAST_SHARE = 0.3  # of a core, over the time asked for
_TRIES = 20


class WrongAnswers(RuntimeError):
    """The server refused, broke off or did not answer in time: its rate says nothing."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked again and again.

    Args:
        url: of all requests.
        headers: of all requests.
        script: a Lua file beside this module that makes the requests; default: plain GET.
        connections: each has one request under way.
    """

    url: str
    headers: Mapping[str, str]
    script: str = "get.lua"
    arguments: Sequence[str] = ()
    connections: int = CONNECTIONS


def run(load: Load, *, seconds: float, server: Sequence[int]) -> Sample:
    """Ask for some whole seconds, and longer while the server hardly got its core.

    Args:
        load: what is asked.
        seconds: of the clock.
        server: the server's processes.

    Returns:
        What was answered, and what it cost the server's processes.

    Raises:
        WrongAnswers: not all answers were successes, or there were none.
    """
    count = spent = cpu = 0.0
    for attempt in range(_TRIES):
        before = machine.cpu_seconds(*server)
        found = _asked(load, seconds, attempt)
        cpu += machine.cpu_seconds(*server) - before
        count += found["requests"]
        spent += found["microseconds"] / 1e6
        if found["errors"]:
            raise WrongAnswers(f"{load.url}: {found}")
        if count and cpu >= _LEAST_SHARE * seconds:
            return Sample(count=count, seconds=spent, cpu=cpu)
    raise WrongAnswers(f"{load.url}: only {count:.0f} answers in {spent:.0f} s")


def _asked(load: Load, seconds: float, attempt: int) -> dict[str, float]:
    root = _unpacked()
    headers = [argument for name, value in load.headers.items() for argument in ("-H", f"{name}: {value}")]
    plan = ["-t1", f"-c{load.connections}", f"-d{max(round(seconds), 1)}s", "--timeout", "20s"]
    script = ["-s", str(_SCRIPTS / load.script)]
    command = [str(root / "usr/bin/wrk"), *plan, *script, *headers, load.url, "--", *load.arguments, str(attempt)]
    libraries = ":".join(str(path) for path in root.glob("usr/lib/*-linux-gnu*"))
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "LUA_PATH": f"{_SCRIPTS}/?.lua;;"}
    with subprocess.Popen(  # noqa: S603 (our own command)
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        os.sched_setaffinity(process.pid, machine.other_cores())
        _, said = process.communicate()
    if process.returncode or not said.startswith("{"):
        raise WrongAnswers(f"wrk: {said.strip()[:500]}")
    figures: dict[str, float] = json.loads(said)
    return figures


def _unpacked() -> Path:
    cache = config.from_environment(environ=os.environ).cache_dir
    return debian.unpacked(cache=cache, name="wrk", packages=["wrk"], families=["libluajit"])
