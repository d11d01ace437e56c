"""The supervisor: starts the parts in the order of their needs, restarts what crashes, stops all of it in order."""

import concurrent.futures
import itertools
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from devstack import errors, logs, order, part, processes
from devstack.member import GOOD, Member, Status

TICK_STARTING_SECONDS = 0.05
TICK_SECONDS = 0.25
ROTATE_SECONDS = 10.0
PREPARATION_SECONDS = 300.0
"""What downloads may take on a slow line."""
RESTART_SECONDS = 45.0
"""The longest pause before a restart, and a little more."""
TRIES = 3
"""So often a part may crash during the first start; afterwards it is restarted for ever."""


class Supervisor:
    """Runs parts in one thread; the public methods may be called from any thread."""

    def __init__(
        self,
        *,
        parts: Sequence[part.Part],
        run_dir: Path,
        changed: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        order.waves(needs={one.name: one.needs for one in parts})
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers=8, thread_name_prefix="devstack")
        self._run_dir = run_dir
        self._members = {one.name: self._member(part=one) for one in parts}
        self._lock = threading.RLock()
        self._changed = changed
        self._told: dict[str, Any] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._rotate_at = 0.0
        self._versions: dict[str, str] = {}
        self.phase = "starting"
        self.failure: errors.DevstackError | None = None

    def run(self) -> None:
        """Start everything and watch it until `stop` is called or the first start fails; then stop everything.

        The parts are started by the calling thread and end with it.
        """
        try:
            while not self._stopping.is_set() and self.phase != "failed":
                with self._lock:
                    self._tick()
                self._stopping.wait(TICK_SECONDS if self.phase == "ready" else TICK_STARTING_SECONDS)
        finally:
            with self._lock:
                self._stop_all()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def start_thread(self) -> None:
        """Run in a thread of this process."""
        self._thread = threading.Thread(target=self.run, name="devstack-supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop everything; returns at once without a thread, otherwise when all has ended."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def wait_ready(self, *, names: Sequence[str] = ()) -> None:
        """Block until the named parts (default: all) are ready.

        Raises DevstackError when the first start fails or the time limits of the parts are used up.
        """
        wanted = set(names or self._members)
        spare = PREPARATION_SECONDS if self.phase == "starting" else RESTART_SECONDS
        deadline = time.monotonic() + spare + sum(self._members[name].part.start_seconds for name in wanted)
        while not wanted <= self._ready():
            if self.failure:
                raise self.failure
            if time.monotonic() > deadline or self._stopping.is_set():
                late = ", ".join(sorted(wanted - self._ready()))
                raise errors.DevstackError(f"not ready: {late}", why="the time limit is over", remedy="read the logs")
            time.sleep(TICK_STARTING_SECONDS)

    def signal(self, *, name: str, number: int) -> None:
        """Send a signal to a part's whole process group, as an accident would; after SIGKILL the end is noticed."""
        with self._lock:
            member = self._members[name]
            if member.pid:
                processes.signal_group(pid=member.pid, number=number)
            if member.process and number == signal.SIGKILL:
                member.process.wait(timeout=10)
                member.step(ready=self._ready(), tries=None)

    def hold(self, *, name: str) -> None:
        """Stop one part and leave it stopped."""
        with self._lock:
            self._members[name].stop(status=Status.HELD)

    def release(self, *, name: str) -> None:
        """Start a part that was held."""
        with self._lock:
            if self._members[name].status == Status.HELD:
                self._members[name].status = Status.WAITING

    def add(self, *, part: part.Part) -> None:
        """Start one more part, from now on supervised like the others."""
        with self._lock:
            self._members[part.name] = self._member(part=part)

    def remove(self, *, name: str) -> None:
        """Stop a part in good order and forget it; the others are supervised meanwhile."""
        with self._lock:
            member = self._members.pop(name)
        member.stop(status=Status.STOPPED)

    def _member(self, *, part: part.Part) -> Member:
        log = self._run_dir / "logs" / f"{part.name}.log"
        return Member(part=part, log=log, stack=self._run_dir, pool=self._pool)

    def snapshot(self) -> dict[str, Any]:
        """Describe every part as it is now, ready for JSON."""
        with self._lock:
            parts = {name: self._describe(member=member) for name, member in self._members.items()}
        told = self.failure
        failure = (
            {"what": told.what, "why": told.why, "remedy": told.remedy, "log": str(told.log or "")} if told else None
        )
        return {"phase": self.phase, "failure": failure, "parts": parts}

    def _tick(self) -> None:
        ready = self._ready()
        tries = TRIES if self.phase == "starting" else None
        for member in self._members.values():
            member.step(ready=ready, tries=tries)
            if member.failure and not self.failure:
                self.failure, self.phase = member.failure, "failed"
        if self.phase == "starting" and all(member.status in GOOD for member in self._members.values()):
            self.phase = "ready"
        self._rotate()
        self._tell()

    def _ready(self) -> frozenset[str]:
        return frozenset(name for name, member in self._members.items() if member.status in GOOD)

    def _rotate(self) -> None:
        if time.monotonic() >= self._rotate_at:
            self._rotate_at = time.monotonic() + ROTATE_SECONDS
            for member in self._members.values():
                logs.rotate(path=member.log)

    def _tell(self) -> None:
        now = self.snapshot()
        if now != self._told:
            self._told = now
            self._changed(now)

    def _describe(self, *, member: Member) -> dict[str, Any]:
        name = member.part.name
        if name not in self._versions and member.status in GOOD:
            self._versions[name] = member.part.version()
        return {
            "status": member.status.value,
            "pid": member.pid,
            "ports": dict(member.part.ports),
            "version": self._versions.get(name, ""),
            "restarts": member.restarts,
            "last_exit": member.last_exit,
            "started_at": member.started_at,
            "ready_seconds": round(member.ready_seconds, 2),
            "note": member.note,
            "once": member.part.once,
        }

    def _stop_all(self) -> None:
        if self.phase != "failed":
            self.phase = "stopping"
        self._tell()
        by_rank = sorted(self._members.values(), key=lambda member: member.part.stop_rank)
        for _rank, group in itertools.groupby(by_rank, key=lambda member: member.part.stop_rank):
            together = list(group)
            for member in together:
                member.ask_to_stop()
            start = time.monotonic()
            for member in together:
                member.finish(status=Status.STOPPED, deadline=start + member.part.stop_seconds)
            self._tell()
        processes.clear(stack=self._run_dir, seconds=5)


def stop_on_signals(*, supervisor: Supervisor) -> None:
    """Stop the supervisor at SIGTERM, SIGINT and SIGHUP."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.stop())
