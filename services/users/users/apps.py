"""The Django app of the users service, and what `check --deploy` says about its settings."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        """Register the service's own checks."""
        checks.register(mail_goes_somewhere, checks.Tags.security, deploy=True)


def mail_goes_somewhere(**_: Any) -> list[checks.CheckMessage]:
    """Warn when mails are thrown away."""
    if not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return []
    return [checks.Warning("Mails are thrown away.", hint="Set MAIL_URL or MAIL_DIR.", id="users.W001")]
