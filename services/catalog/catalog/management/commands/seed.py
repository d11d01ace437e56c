"""`manage.py seed`: the demo catalog; safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog import services


class Command(BaseCommand):
    help = "Create a category and twelve demo products with stock, unless they are there."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{services.demo_seed()} demo products created")
