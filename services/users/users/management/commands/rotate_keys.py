"""`manage.py rotate_keys`: one step of rotating the signing keys; run it twice, ten minutes apart."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from users.services import keys


class Command(BaseCommand):
    help = (
        "Publish the next signing key, or, when it has been published for ten minutes, sign with it and"
        " retire the old one. Tokens of the old key stay valid until they expire."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for state, kid in keys.rotate(now=timezone.now()).items():
            self.stdout.write(f"{state.value}: {kid or '-'}")
