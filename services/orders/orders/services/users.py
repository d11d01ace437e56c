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


def user_revoke(*, user_id: UUID, epoch: int) -> None:
    """Refuse the user's tokens of earlier epochs.

    Args:
        user_id: the user.
        epoch: the least one that is still good.
    """
    subjects.revoke(user_id, epoch=epoch)


def session_revoke(*, session_id: UUID) -> None:
    """Refuse the tokens of one session.

    Args:
        session_id: the session.
    """
    subjects.revoke_session(session_id)
