"""`manage.py reencrypt`: encrypt everything with the first of FIELD_KEYS, so that older keys can be removed."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared.db.sealed import SealedByUnknownKey
from users.services import reencryption

_DEFAULT_BATCH = 500


class Command(BaseCommand):
    help = (
        "Encrypt again what older keys of FIELD_KEYS have encrypted. Put the new key in front, restart every process,"
        " run this, and remove the old key. Safe while the service runs, and to repeat after it was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch-size", type=int, default=_DEFAULT_BATCH, help="rows in a transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be at least 1.")
        looked_at: Counter[str] = Counter()
        changed: Counter[str] = Counter()
        try:
            for batch in reencryption.reencrypt(batch_size=options["batch_size"]):
                looked_at[batch.table] += batch.looked_at
                changed[batch.table] += batch.changed
                self.stdout.write(
                    f"{batch.table}: {looked_at[batch.table]} rows looked at, {changed[batch.table]} encrypted again"
                )
                self.stdout.flush()
        except SealedByUnknownKey as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"done: {changed.total()} of {looked_at.total()} rows encrypted again")
