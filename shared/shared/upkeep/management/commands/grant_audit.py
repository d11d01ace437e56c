"""`manage.py grant_audit`: let the role that audits across the services read what it needs here, and nothing else."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from shared.upkeep.across import grants


class Command(BaseCommand):
    help = (
        f"Let the role {grants.ROLE} read this service's tables that audit_across looks at. Does nothing where there is"
        " no such role. Part of the migrate process, for only the tables' owner may grant."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        granted = grants.grant(service=settings.SERVICE)
        self.stdout.write(f"{grants.ROLE} reads {', '.join(granted)}" if granted else f"there is no role {grants.ROLE}")
