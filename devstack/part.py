"""What a part is: a process with needs, preparation, a readiness check and time limits."""

import dataclasses
import signal
from collections.abc import Callable, Mapping
from pathlib import Path


def nothing() -> None:
    """Do nothing: the preparation of a part that needs none."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the stack. `prepare` may run before the needs are met; it must be repeatable."""

    name: str
    command: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    needs: tuple[str, ...] = ()
    prepare: Callable[[], None] = nothing
    ready: Callable[[], None] = nothing
    """Returns when the part does its work; raises NotReady or OSError when not yet."""
    version: Callable[[], str] = lambda: ""
    ports: Mapping[str, int] = dataclasses.field(default_factory=dict)
    start_seconds: float = 60.0
    stop_seconds: float = 15.0
    stop_signal: int = signal.SIGTERM
    stop_group: bool = False
    """True when the signal must reach the whole process group: the first process is only a shell."""
    stop_rank: int = 0
    """Lower ranks are stopped first."""
    once: bool = False
    """True for a job: done when it ends with 0."""
    remedy: str = "read its log"
