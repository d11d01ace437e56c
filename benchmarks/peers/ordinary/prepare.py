"""`python -m benchmarks.peers.ordinary.prepare USER_ID`: makes the users' table and a user, and prints a token."""

import os
import sys

import django
from django.core.management import call_command


def main() -> int:
    """Do it once; returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.ordinary.settings")
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    from rest_framework_simplejwt.tokens import AccessToken  # noqa: PLC0415 (needs the settings)

    from benchmarks.peers.ordinary.models import User  # noqa: PLC0415 (as above)

    user, _ = User.objects.get_or_create(id=sys.argv[1], defaults={"username": "customer"})
    sys.stdout.write(f"{AccessToken.for_user(user)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
