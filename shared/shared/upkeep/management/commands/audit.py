"""`manage.py audit`: look at every invariant of the service's data; exit 1 when one is violated, 2 without a look."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseFault

from shared.upkeep import audit


class Command(BaseCommand):
    help = "Look at every invariant of this service's data. Exit 1: one is violated; 2: one could not be looked at."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("table", "json"), default="table")
        parser.add_argument("--only", metavar="NAME", help="look at this invariant only")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            findings = audit.run(only=options["only"])
        except audit.NoSuchInvariant as error:
            raise CommandError(str(error), returncode=2) from error
        except DatabaseFault as error:
            raise CommandError(f"The database cannot be reached: {error}", returncode=2) from error
        self.stdout.write(_json(findings) if options["format"] == "json" else _table(findings))
        states = {finding.state for finding in findings}
        code = 2 if "failed" in states else int("violated" in states)
        if code:
            sys.exit(code)


def _json(findings: Sequence[audit.Finding]) -> str:
    """Return the findings as one JSON object."""
    invariants = [
        {"name": each.name, "state": each.state, "rows": each.count, "first": each.rows, "fault": each.fault}
        for each in findings
    ]
    body = {"service": settings.SERVICE, "invariants": invariants}
    return orjson.dumps(body, default=str, option=orjson.OPT_INDENT_2).decode()


def _table(findings: Sequence[audit.Finding]) -> str:
    """Return a line for each finding, and under it the rows that offend."""
    width = max(len(each.name) for each in findings)
    lines = []
    for each in findings:
        lines.append(f"{each.name:<{width}}  {each.state:<8}  {each.count:>6}  {each.fault}".rstrip())
        lines += ["    " + "  ".join(f"{column}={value}" for column, value in row.items()) for row in each.rows]
    return "\n".join(lines)
