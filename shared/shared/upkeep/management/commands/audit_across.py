"""`manage.py audit_across`: whether orders, catalog and users agree; exit 1 when they do not, 2 without a look."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from psycopg import conninfo

from shared.upkeep.across import looking, telling
from shared.upkeep.across.snapshots import SERVICES

SECRETS = Path("/run/secrets")
_VARIABLES = {service: f"{service.upper()}_DATABASE_URL" for service in SERVICES}


def _seconds(text: str) -> int:
    """Return a number of seconds; raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004 (30 years)
        raise ArgumentTypeError(f"{text!r} is no whole number of seconds")
    return int(text)


class Command(BaseCommand):
    help = (
        "Compare what the three services say about each order. Needs the databases' addresses, for which a role that"
        f" may only read is enough, in {', '.join(_VARIABLES.values())}. Exit 1: they contradict one another; 2: one"
        " could not be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("table", "json"), default="table")
        parser.add_argument(
            "--age",
            type=_seconds,
            default=60,
            help="seconds that an order must have been settled to be held to its end (60); replicas may lag so far",
        )
        parser.add_argument("--textfile", type=Path, metavar="PATH", help="write the figures for Prometheus, too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = looking.look(_addresses(), age=options["age"])
            if options["textfile"]:
                telling.textfile(outcome, options["textfile"])
        except psycopg.Error as error:
            raise CommandError(f"A database cannot be read: {error}".strip(), returncode=2) from error
        except OSError as error:
            raise CommandError(f"The figures cannot be written: {error}", returncode=2) from error
        self.stdout.write(telling.json(outcome) if options["format"] == "json" else telling.table(outcome))
        if not outcome.holds:
            sys.exit(1)


def _addresses() -> dict[str, str]:
    """Return each service's database address from the environment or mounted secrets; raises CommandError."""
    given = {name: os.environ.get(name) or _from_file(name) for name in _VARIABLES.values()}
    if missing := [name for name, text in given.items() if not text]:
        raise CommandError(f"Set {', '.join(missing)}.", returncode=2)
    if wrong := [name for name, text in given.items() if not _is_address(text)]:
        # without the value, which may hold a password
        raise CommandError(f"No postgresql:// address: {', '.join(wrong)}.", returncode=2)
    return {service: given[name] for service, name in _VARIABLES.items()}


def _from_file(name: str) -> str:
    """Return what a mounted secret says, as the settings read theirs; empty when there is none."""
    path = SECRETS / name
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _is_address(text: str) -> bool:
    """Return whether a text is an address that libpq understands."""
    try:
        conninfo.conninfo_to_dict(text)
    except psycopg.Error:
        return False
    return text.startswith(("postgresql://", "postgres://"))
