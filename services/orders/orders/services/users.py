"""What this service keeps about users: who exists, and whose tokens are refused."""

from uuid import UUID

from django.db import transaction

from orders.services.cancelling import orders_of_user_cancel
from orders.services.recording import Cause
from shared.auth import subjects


def user_register(*, user_id: UUID) -> None:
    """Note that a user exists."""
    subjects.register(user_id)


def user_deactivate(*, user_id: UUID, cause: Cause) -> None:
    """Refuse the user's tokens from now on and cancel the open orders.

    Args:
        user_id: the user.
        cause: the event.
    """
    with transaction.atomic(savepoint=False):
        subjects.deactivate(user_id)
        orders_of_user_cancel(user_id=user_id, cause=cause)
