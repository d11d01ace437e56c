"""`manage.py seed`: the demo data of the local stack; safe to repeat."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shared.errors import InvalidInput
from users.services import seeds


class Command(BaseCommand):
    help = "Make sure that a signing key, a demo admin and a demo customer with money exist (SEED_PASSWORD)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SEED_PASSWORD:
            raise CommandError("SEED_PASSWORD is missing: the demo users need a password.")
        try:
            made = seeds.seed(password=settings.SEED_PASSWORD, now=timezone.now())
        except InvalidInput as error:
            raise CommandError(f"SEED_PASSWORD is too weak: {error.message}") from error
        for line in made:
            self.stdout.write(line)
