"""Reads of pending password resets."""

from uuid import UUID

from django.db.models.functions import Now

from users.domain.tokens import RESET_LIFETIME
from users.models import PasswordReset


def is_pending(reset_id: UUID | None) -> bool:
    """Return whether there is such a reset, not yet used, void or expired."""
    if reset_id is None:
        return False
    return PasswordReset.objects.filter(id=reset_id, created_at__gt=Now() - RESET_LIFETIME).exists()
