"""A service's process as the tests hold it: started, spoken to line by line, killed, started again."""

import contextlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from databases import environment

_PROGRAM = Path(__file__).parent / "service"


class Gone(Exception):
    """The process has ended instead of answering."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a command ended, and the messages that the service has sent meanwhile."""

    result: Any = None
    refused: str = ""
    outage: str = ""
    failed: str = ""
    died: bool = False
    fault_met: bool = False
    said: list[Any] = field(default_factory=list)


class Process:
    """One service.

    Args:
        service: its name.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self._process = self._started()

    def ask(self, do: str, **values: Any) -> Answer:
        """Let the service do something, and wait for its answer; raises Gone when it ends instead."""
        pipe = self._process
        assert pipe.stdin
        assert pipe.stdout
        with contextlib.suppress(BrokenPipeError):
            pipe.stdin.write(orjson.dumps({"do": do, **values}) + b"\n")
            pipe.stdin.flush()
        line = pipe.stdout.readline()
        if not line:
            raise Gone(f"{self.service} ended with {pipe.wait()}: {self._last_words()}")
        return Answer(**orjson.loads(line))

    def restart(self) -> None:
        """Start anew after a death."""
        self.stop()
        self._process = self._started()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def _started(self) -> "subprocess.Popen[bytes]":
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        return subprocess.Popen(
            [sys.executable, str(_PROGRAM), self.service],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment(self.service),
        )

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-3000:]
