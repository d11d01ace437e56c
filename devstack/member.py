"""One part at work: its process, and the steps from preparing over starting to ready, or back after a crash."""

import concurrent.futures
import dataclasses
import enum
import signal
import subprocess
import time
from pathlib import Path

from devstack import backoff, errors, logs, order, part, processes

CHECK_STARTING_SECONDS = 0.25
CHECK_READY_SECONDS = 5.0
UNREADY_AFTER = 2
"""So many checks in a row must fail before a ready part is shown as unready."""


class Status(enum.StrEnum):
    """Where a part is in its life."""

    PREPARING = "preparing"
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    BACKOFF = "backoff"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"
    STOPPED = "stopped"


GOOD = frozenset({Status.READY, Status.DONE})


@dataclasses.dataclass(kw_only=True)
class Member:
    """A part of a running stack. Only the supervisor's thread calls its methods."""

    part: part.Part
    log: Path
    stack: Path
    pool: concurrent.futures.Executor
    status: Status = Status.PREPARING
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    last_exit: str = ""
    started_at: float = 0.0
    """Unix time of the last start."""
    ready_seconds: float = 0.0
    """How long the last start took."""
    note: str = ""
    """What the last readiness check missed."""
    failure: errors.DevstackError | None = None
    failures: int = 0
    _since: float = 0.0
    _next: float = 0.0
    _missed: int = 0
    _pending: "concurrent.futures.Future[None] | None" = None

    def step(self, *, ready: frozenset[str], tries: int | None) -> None:
        """Do what is due now.

        ready names the parts that are ready; tries is how often a start may fail (None: for ever).
        """
        if self.status == Status.PREPARING:
            self._prepare()
        elif self.status == Status.WAITING and order.met(needs=self.part.needs, ready=ready):
            self._spawn()
        elif self.status in {Status.STARTING, Status.READY, Status.UNREADY}:
            self._watch(tries=tries)
        elif self.status == Status.BACKOFF and time.monotonic() >= self._next:
            self._spawn()

    @property
    def pid(self) -> int | None:
        """The process id while there is a process."""
        return self.process.pid if self.process and self.process.returncode is None else None

    def _prepare(self) -> None:
        if self._pending is None:
            self._pending = self.pool.submit(self.part.prepare)
        elif self._pending.done():
            problem, self._pending = self._pending.exception(), None
            if problem is None:
                self.status = Status.WAITING
            else:
                self._fail(error=_explained(problem=problem, name=self.part.name))

    def _spawn(self) -> None:
        self.kill()
        logs.rotate(path=self.log)
        self.process = processes.spawn(
            command=self.part.command,
            cwd=self.part.cwd,
            environment=self.part.environment,
            log=self.log,
            stack=self.stack,
        )
        self.status, self.note, self._pending, self._missed = Status.STARTING, "", None, 0
        self.started_at, self._since, self._next = time.time(), time.monotonic(), 0.0

    def _watch(self, *, tries: int | None) -> None:
        code = self.process.poll() if self.process else None
        if code is not None:
            self._ended(code=code, tries=tries)
        elif self.status == Status.STARTING and time.monotonic() - self._since > self.part.start_seconds:
            self._too_slow(tries=tries)
        elif not self.part.once:
            self._check()

    def _ended(self, *, code: int, tries: int | None) -> None:
        if self.part.once and code == 0:
            self.status, self.ready_seconds = Status.DONE, time.monotonic() - self._since
            return
        self.last_exit = _exit_text(code=code)
        self._again(why=f"it ended with {self.last_exit}", tries=tries)

    def _too_slow(self, *, tries: int | None) -> None:
        self.kill()
        self.last_exit = "killed, not ready in time"
        why = f"not ready after {self.part.start_seconds:.0f} s" + (f": {self.note}" if self.note else "")
        self._again(why=why, tries=1 if tries else None)

    def _again(self, *, why: str, tries: int | None) -> None:
        worked = time.monotonic() - self._since if self.status != Status.STARTING else 0.0
        self.failures = backoff.failures_after(failures=self.failures, ready_seconds=worked)
        if tries is not None and self.failures >= tries:
            what = f"{self.part.name} did not start"
            self._fail(error=errors.DevstackError(what, why=why, remedy=self.part.remedy, log=self.log))
            return
        self.restarts += 1
        self.status, self._next = Status.BACKOFF, time.monotonic() + backoff.delay(failures=self.failures)

    def _check(self) -> None:
        if self._pending is None and time.monotonic() >= self._next:
            self._pending = self.pool.submit(self.part.ready)
        elif self._pending is not None and self._pending.done():
            problem, self._pending = self._pending.exception(), None
            if problem is None:
                self._passed()
            else:
                self._failed_check(problem=problem)

    def _passed(self) -> None:
        if self.status == Status.STARTING:
            self.ready_seconds = time.monotonic() - self._since
        self.status, self.note, self._missed = Status.READY, "", 0
        self._next = time.monotonic() + CHECK_READY_SECONDS

    def _failed_check(self, *, problem: BaseException) -> None:
        self.note = str(problem) or type(problem).__name__
        self._missed += 1
        starting = self.status == Status.STARTING
        if not starting and self._missed >= UNREADY_AFTER:
            self.status = Status.UNREADY
        self._next = time.monotonic() + (CHECK_STARTING_SECONDS if starting else 1.0)

    def _fail(self, *, error: errors.DevstackError) -> None:
        self.status, self.failure = Status.FAILED, error

    def ask_to_stop(self) -> None:
        """Send the stop signal."""
        if self.pid:
            processes.signal_group(pid=self.pid, number=signal.SIGCONT)
            send = processes.signal_group if self.part.stop_group else processes.signal_one
            send(pid=self.pid, number=self.part.stop_signal)

    def kill(self) -> None:
        """Kill whatever is left of the process and its group."""
        if self.process:
            processes.signal_group(pid=self.process.pid, number=signal.SIGKILL)
            self.process.wait(timeout=10)

    def stop(self, *, status: Status) -> None:
        """Stop within the part's time limit, then kill."""
        self.ask_to_stop()
        self.finish(status=status, deadline=time.monotonic() + self.part.stop_seconds)

    def finish(self, *, status: Status, deadline: float) -> None:
        """Wait for the end after `ask_to_stop`, kill at the deadline (of the monotonic clock)."""
        if self.process:
            try:
                self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.last_exit = "killed, did not stop in time"
            self.kill()
        if self.status != Status.FAILED:
            self.status = status


def _exit_text(*, code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _explained(*, problem: BaseException, name: str) -> errors.DevstackError:
    if isinstance(problem, errors.DevstackError):
        return problem
    remedy = "free some disk space" if getattr(problem, "errno", None) == 28 else "read the supervisor's log"  # noqa: PLR2004  (ENOSPC)
    return errors.DevstackError(
        f"{name} could not be prepared", why=f"{type(problem).__name__}: {problem}", remedy=remedy
    )
