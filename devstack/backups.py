"""When each service was last backed up, as its own database tells (shared/upkeep/marks.py notes it there)."""

import contextlib
import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from devstack import config, stack

ANSWER_SECONDS = 3
"""`status` is asked when something is wrong: a database that does not answer must not hold it up."""
NEWEST = "SELECT form, taken_at, size FROM backup_marks ORDER BY taken_at DESC LIMIT 1"
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Backup:
    """The newest good backup of a service; without `form` it was never backed up."""

    service: str
    form: str = ""
    taken_at: datetime | None = None
    size_bytes: int = 0

    def facts(self, *, now: datetime) -> dict[str, Any]:
        """Return it for a program; what is not there is null. `now` is aware."""
        made = self.taken_at is not None
        return {
            "service": self.service,
            "form": self.form or None,
            "taken_at": self.taken_at.isoformat() if self.taken_at else None,
            "age_seconds": round((now - self.taken_at).total_seconds(), 1) if self.taken_at else None,
            "size_bytes": self.size_bytes if made else None,
        }


def newest(*, running: stack.Stack) -> list[Backup]:
    """Ask each service's database for the newest good backup; one that does not answer, or has no tables, is left out.

    Args:
        running: the stack whose databases are asked.
    """
    found = []
    for service in config.SERVICES:
        with contextlib.suppress(psycopg.Error):
            found.append(_asked(service=service, url=running.role_url(name=service, role=service)))
    return found


def line(*, told: Sequence[dict[str, Any]]) -> str:
    """Return a line for a person, such as `backups: users 12 min ago, catalog never`.

    Args:
        told: `facts` of each service that answered; without any the line is empty.
    """
    each = [f"{one['service']} {_ago(seconds=one['age_seconds'])}" for one in told]
    return f"backups: {', '.join(each)}" if each else ""


def _asked(*, service: str, url: str) -> Backup:
    impatient = f"-c statement_timeout={ANSWER_SECONDS}s"
    with psycopg.connect(url, connect_timeout=ANSWER_SECONDS, options=impatient) as connection:
        row = connection.execute(NEWEST).fetchone()
    if row is None:
        return Backup(service=service)
    return Backup(service=service, form=row[0], taken_at=row[1], size_bytes=row[2])


def _ago(*, seconds: float | None) -> str:
    if seconds is None:
        return "never"
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), ("s", 1))
    return f"{max(0, int(seconds // size))} {unit} ago"
