"""What a fault can reach: the system, the lines inside it, its messages; and the marks of poison it has put there."""

import dataclasses
import random

import psutil

from devstack import ephemeral
from tools.chaos.network import Network
from tools.chaos.schedule import Strike
from tools.chaos.tap import Tap


@dataclasses.dataclass(kw_only=True)
class Stage:
    """A running system, open to faults."""

    system: ephemeral.System
    network: Network
    tap: Tap
    poison: dict[str, str] = dataclasses.field(default_factory=dict)
    """mark -> what kind of poison carries it."""
    doubtful: set[str] = dataclasses.field(default_factory=set)
    """Marks of poison that may not have arrived."""

    def pid(self, name: str) -> int:
        """Return a part's process id; raises Missed when it does not run."""
        pid = self.system.status(name)["pid"]
        if not pid:
            raise Missed(f"{name} is not running")
        return int(pid)

    def children(self, name: str) -> list[psutil.Process]:
        """Return the processes that a part has forked; raises Missed when there are none."""
        try:
            found = psutil.Process(self.pid(name)).children()
        except psutil.Error as gone:
            raise Missed(f"{name} is gone") from gone
        if not found:
            raise Missed(f"{name} has no children")
        return found


class Missed(Exception):
    """The fault met nothing: its target was down already by an earlier one."""


def dice(strike: Strike) -> random.Random:
    """Return the dice of one strike."""
    return random.Random(strike.seed)  # noqa: S311  (to be repeated)
