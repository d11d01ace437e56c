"""`manage.py process_inactive_users`: deactivate accounts without a login for long; harmless to repeat."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from users.services import inactivity

_INTERRUPTED = 130  # what shells call a process that SIGINT ended


def _whole(*, least: int, most: int) -> Callable[[str], int]:
    """Return the type of an argument that is a whole number within limits."""

    def parse(text: str) -> int:
        if not (text.isdecimal() and least <= int(text) <= most):
            raise ArgumentTypeError(f"must be a whole number from {least} to {most}, not {text!r}.")
        return int(text)

    return parse


def _id(text: str) -> UUID:
    """Return the id that an argument names."""
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError(f"must be the id of an account, not {text!r}.") from None


class Command(BaseCommand):
    help = (
        "Deactivate accounts (never staff's) without a login for so many days, or registered that long ago and never"
        " logged in; their data stays. Stopped anywhere, run it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how many, how long, from where, and whether at all."""
        parser.add_argument(
            "--batch-size", type=_whole(least=1, most=10_000), default=1000, help="accounts in a transaction (1000)"
        )
        parser.add_argument("--days-inactive", type=_whole(least=1, most=36_500), default=30, help="days (30)")
        parser.add_argument("--after", type=_id, help="only ids above this one; a stopped run shows its last id")
        parser.add_argument("--dry-run", action="store_true", help="only count them")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        count, last_id = 0, options["after"]
        try:
            for batch in inactivity.users_deactivate_inactive(
                idle_since=now - timedelta(days=options["days_inactive"]),
                now=now,
                batch_size=options["batch_size"],
                after=options["after"],
                dry_run=options["dry_run"],
            ):
                count, last_id = count + batch.count, batch.last_id
                self.stderr.write(f"{count} accounts, last id {last_id}")
        except KeyboardInterrupt:
            place = f", or go on with --after {last_id}" if last_id else ""
            raise CommandError(
                f"Stopped after {count} accounts; run it again{place}.", returncode=_INTERRUPTED
            ) from None
        self._report(count, last_id, **options)

    def _report(self, count: int, last_id: UUID | None, **options: Any) -> None:
        """Print what was done."""
        if options["format"] == "json":
            facts = {name: options[name] for name in ("dry_run", "days_inactive")}
            self.stdout.write(json.dumps({**facts, "accounts": count, "last_id": last_id and str(last_id)}))
            return
        done = "would be deactivated" if options["dry_run"] else "deactivated"
        self.stdout.write(
            f"{count} accounts without a login for {options['days_inactive']} days {done}; last id {last_id or '-'}."
        )
