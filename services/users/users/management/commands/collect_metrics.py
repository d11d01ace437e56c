"""`manage.py collect_metrics`: how many accounts there are, by state."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from users.selectors import statistics


class Command(BaseCommand):
    help = "Count the accounts: all, active and new within a day, active within 30 days, verified, deactivated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the format."""
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = statistics.accounts(now=timezone.now())
        if options["format"] == "json":
            self.stdout.write(json.dumps(counts))
            return
        for state, count in counts.items():
            self.stdout.write(f"{state:<12} {count:>10}")
