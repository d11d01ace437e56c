"""Where the replay goes and as whom: as the command line says, or as `make up` left it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.replay.errors import ReplayError

SUMMARY = Path(os.environ.get("PLAZA_RUN_DIR") or ".run") / "summary.json"
_REMEDY = "run `make up` first, or give --base-url, --staff-email and --staff-password"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A gateway and a member of staff."""

    base_url: str
    staff_email: str
    staff_password: str


def target(*, base_url: str, email: str, password: str, summary: Path = SUMMARY) -> Target:
    """Return where to go; what is not given comes from the running stack.

    Args:
        base_url: the gateway, or empty.
        email: the member of staff, or empty.
        password: theirs, or empty.
        summary: the file that `make up` writes.

    Raises:
        ReplayError: something is not given, and no stack has left it.

    """
    if base_url and email and password:
        return Target(base_url=base_url.rstrip("/"), staff_email=email, staff_password=password)
    left = _read(summary)
    try:
        staff = left["staff"]
        return Target(
            base_url=(base_url or left["gateway"]).rstrip("/"),
            staff_email=email or staff["email"],
            staff_password=password or staff["password"],
        )
    except (KeyError, TypeError) as error:
        raise ReplayError(f"{summary} is not complete", why=f"it lacks {error}", remedy=_REMEDY) from error


def _read(summary: Path) -> Any:
    try:
        return json.loads(summary.read_text(encoding="utf-8"))
    except OSError as error:
        why = f"{summary}: {error.strerror}"
        raise ReplayError("No running stack is known", why=why, remedy=_REMEDY) from error
    except ValueError as error:
        raise ReplayError(f"{summary} cannot be read", why=str(error), remedy=_REMEDY) from error
