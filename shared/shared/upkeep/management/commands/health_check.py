"""`manage.py health_check`: look at everything the service lives on; exit 1 when something it needs is down."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand

from shared.health.checks import Part
from shared.upkeep import vitals


class Command(BaseCommand):
    help = (
        "Look at database, migrations, cache, worker, relay, beat, broker and disks. Exit 1 when a required one is"
        " down: the database, its migrations, or a disk with less than 10 % free."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("table", "json"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = vitals.parts()
        good = all(part.ok for part in parts if part.fatal)
        self.stdout.write(_json(parts, good=good) if options["format"] == "json" else _table(parts))
        if not good:
            sys.exit(1)


def _json(parts: Sequence[Part], *, good: bool) -> str:
    """Return the parts as one JSON object, in the shape of /health/."""
    body = {
        "service": settings.SERVICE,
        "status": "ok" if good else "unavailable",
        "parts": {part.name: part.public() for part in parts},
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()


def _table(parts: Sequence[Part]) -> str:
    """Return a line for each part: name, state, whether it is required, milliseconds, what is wrong."""
    width = max(len(part.name) for part in parts)
    lines = [
        f"{part.name:<{width}}  {'ok' if part.ok else 'down':<4}  {'required' if part.fatal else 'optional'}"
        f"  {1000 * part.seconds:>7.1f} ms  {part.note}".rstrip()
        for part in parts
    ]
    return "\n".join(lines)
