"""Processes of a service in which functions of `benchmarks.inside` are called."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from benchmarks import machine
from devstack import config, processes

if TYPE_CHECKING:
    from benchmarks.stage import Stage


class Broken(RuntimeError):
    """A function there failed; its traceback is in the text."""


class Inside:
    """A process of a service in which functions of `benchmarks.inside.<module>` are called, one at a time."""

    def __init__(self, stage: "Stage", process: "subprocess.Popen[str]", name: str) -> None:
        self._stage, self._process, self._name = stage, process, name
        self.pid = process.pid

    def __call__(self, function: str, **arguments: Any) -> Any:
        """Call a function there with plain values; returns its plain result, raises Broken with its traceback."""
        asking, answering = self._pipes()
        asking.write(json.dumps({"call": function, "with": arguments}) + "\n")
        asking.flush()
        line = answering.readline()
        if not line:
            raise Broken(f"{self._name}.{function}: {self._stage.tail(self._name)}")
        return json.loads(line)

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin  # noqa: S101 (for the type checker)
        assert self._process.stdout  # noqa: S101 (as above)
        return self._process.stdin, self._process.stdout


@contextmanager
def inside(
    stage: "Stage", name: str, module: str, *, cores: set[int] | None = None, **settings: str
) -> Iterator[Inside]:
    """Run a process with a service's environment for the functions of a module, as long as the block runs."""
    log = f"{name}.{module}"
    command = processes.bound(command=[sys.executable, "-m", "benchmarks.inside", module])
    with stage.stores.log(name=log).open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 (our own)
            command,
            cwd=config.ROOT,
            env={**stage.environment(name), **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    os.sched_setaffinity(process.pid, cores or machine.server_cores())
    try:
        yield Inside(stage, process, log)
    finally:
        process.communicate()
