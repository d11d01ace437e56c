"""`manage.py dead_letters list|show|replay|discard`: the events that need a person."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandError

from shared.errors import AppError
from shared.events import dead_letters


class Command(BaseCommand):
    help = (
        "List, show, replay or discard the events that need a person. They died in one of two places. outbox: the"
        " broker refused the event eight times, because no service is bound to its type or it is too large; replay"
        " it when that has been mended (declare_queues). inbox: its handler failed to the end, or could not read"
        " it; replay it when the handler has been mended. A replayed event keeps its id, so whoever has handled it"
        " already ignores it; that holds for 30 days. Discarding cannot be undone: the audit may show what is"
        " missing then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare one subcommand per verb."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="one line for each dead event: where, id, when, type, attempts, error")
        show = verbs.add_parser("show", help="one dead event with its content")
        show.add_argument("event_id", type=UUID)
        replay = verbs.add_parser("replay", help="try dead events again, with their old ids")
        replay.add_argument("event_id", type=UUID, nargs="*")
        replay.add_argument("--type", dest="event_type", help="only this type")
        replay.add_argument("--all", action="store_true", help="every dead event")
        discard = verbs.add_parser("discard", help="delete dead events for good")
        discard.add_argument("event_id", type=UUID, nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except AppError as error:
            raise CommandError(error.message) from error

    def _list(self, options: dict[str, Any]) -> None:
        del options
        for each in dead_letters.dead():
            when = f"{each.dead_at:%Y-%m-%dT%H:%M:%SZ}"
            self.stdout.write(
                f"{each.where:<6}  {each.event_id}  {when}  {each.type}  attempts={each.attempts}  {each.error}"
            )

    def _show(self, options: dict[str, Any]) -> None:
        for found in dead_letters.show(options["event_id"]):
            self.stdout.write(f"{found.where}: {found.type} {found.event_id}: {found.error}")
            self.stdout.write(orjson.dumps(found.envelope, option=orjson.OPT_INDENT_2).decode())

    def _replay(self, options: dict[str, Any]) -> None:
        if not (options["event_id"] or options["event_type"] or options["all"]):
            raise CommandError("Say which: event ids, --type TYPE or --all.")
        count = dead_letters.replay(event_ids=options["event_id"] or None, event_type=options["event_type"])
        self.stdout.write(f"{count} events will be tried again")

    def _discard(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{dead_letters.discard(event_ids=options['event_id'])} events discarded")
