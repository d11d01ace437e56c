"""`manage.py resend_events`: send once more what happened since a time, after a restore."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from shared.events import outgoing


def _moment(text: str) -> datetime:
    """Return a time with its zone; raises ArgumentTypeError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} is no time with a zone, such as 2026-01-31T02:17:00Z")
    return found


class Command(BaseCommand):
    help = (
        "Let the relay send once more every event that happened here since a time. After a restore, with a time some"
        " minutes before the oldest backup, for what was on its way then: whoever has handled an event ignores it, and"
        " whoever came from an older backup catches up. First in orders with --type orders.order_placed.v1; once these"
        " are handled, in all three services: catalog can complete only what it holds."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=_moment, required=True, metavar="TIME", help="ISO 8601, with a zone")
        parser.add_argument("--type", action="append", default=[], dest="types", help="only this type; repeatable")

    def handle(self, *args: Any, **options: Any) -> None:
        count = outgoing.send_again(since=options["since"], types=options["types"])
        self.stdout.write(f"{count} events will be sent again")
