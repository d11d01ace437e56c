"""Processes: started in a group of their own, found again by a mark in their environment, ended for certain."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

MARK = "PLAZA_STACK"
"""Every process of a stack carries this variable with the stack's run directory, and so do its children."""


def bound(*, command: Sequence[str]) -> list[str]:
    """Prefix a command so that the kernel ends it when the supervisor's thread dies (prctl(2), PR_SET_PDEATHSIG)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else list(command)


def spawn(
    *, command: Sequence[str], cwd: Path, environment: Mapping[str, str], log: Path, stack: Path
) -> subprocess.Popen[bytes]:
    """Start a process as leader of its own session, its output appended to a log file."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  (commands are the stack's own)
            bound(command=command),
            cwd=cwd,
            env={**environment, MARK: str(stack)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def signal_group(*, pid: int, number: int) -> bool:
    """Send a signal to the process group that a started process leads; False when nobody is left in it."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def signal_one(*, pid: int, number: int) -> None:
    """Send a signal to one process; gone already is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def of_stack(*, stack: Path) -> list[psutil.Process]:
    """Find every living process of a stack, whoever its parent is now (this process excepted)."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get(MARK) == str(stack):
                found.append(process)
    return found


def end(*, found: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """End processes: SIGTERM, after the time limit SIGKILL. Returns those that had to be killed."""
    alive = list(found)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGCONT)
            process.terminate()
    _gone, stubborn = psutil.wait_procs(alive, timeout=seconds)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return list(stubborn)


def clear(*, stack: Path, seconds: float = 10.0) -> int:
    """End whatever is left of a stack and return how many processes that were."""
    ended = 0
    deadline = time.monotonic() + seconds + 10
    while (found := of_stack(stack=stack)) and time.monotonic() < deadline:
        ended += len(found)
        end(found=found, seconds=seconds)
    return ended


def alive(*, pid: int, created: float) -> bool:
    """Tell whether a recorded process still lives: same id and same start time, for ids are used again."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def memory(*, pid: int, children: bool = True) -> int:
    """Return the memory of a process, and of all its children unless told not to, in bytes.

    Pages that several processes share are counted once (the kernel's proportional set size) where this user may
    know it, otherwise in each of them (resident set size).
    """
    try:
        process = psutil.Process(pid)
        family = [process, *(process.children(recursive=True) if children else ())]
    except psutil.Error:
        return 0
    return sum(_memory(process=member) for member in family)


def _memory(*, process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error, OSError):
        return int(process.memory_full_info().pss)
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
