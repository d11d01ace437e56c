"""`manage.py seed`: demo data of this service, which has none of its own."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Write demo data (none in this service)"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("orders: nothing to seed")
