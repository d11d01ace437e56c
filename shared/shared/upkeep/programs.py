"""PostgreSQL's own programs: where they are, and how they find the service's database."""

import os
import shutil

from django.conf import settings
from django.db import connection

from shared.errors import AppError


class ProgramMissing(AppError):
    """One of PostgreSQL's programs is not installed here."""


def program(name: str) -> str:
    """Return the path of a program, from the directory PG_BIN when that is set, else from PATH.

    Raises ProgramMissing.
    """
    found = shutil.which(name, path=str(settings.PG_BIN) if settings.PG_BIN else None)
    if found is None:
        where = f"in PG_BIN ({settings.PG_BIN})" if settings.PG_BIN else "on PATH; set PG_BIN to its directory"
        raise ProgramMissing(f"{name} is not {where}, or use --format json, which needs no program.")
    return found


def environment() -> dict[str, str]:
    """Return the environment in which PostgreSQL's programs reach this service's database; no secret in arguments."""
    database = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {variable: str(database[key]) for variable, key in names.items() if database[key]}
    own = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return {**own, **given, "PGCONNECT_TIMEOUT": "3", "LC_MESSAGES": "C"}


def last_words(said: bytes) -> str:
    """Return the last lines of what a program said about its failure."""
    return " ".join(said.decode(errors="replace").splitlines()[-3:])
