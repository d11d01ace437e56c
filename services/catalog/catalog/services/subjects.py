"""The users this service has heard of, and whose tokens it refuses."""

from uuid import UUID

from shared.auth import subjects


def subject_register(*, user_id: UUID) -> None:
    """Note that a user exists.

    Args:
        user_id: the user.
    """
    subjects.register(user_id)


def subject_deactivate(*, user_id: UUID) -> None:
    """Refuse every token of a user from now on.

    Args:
        user_id: the user.
    """
    subjects.deactivate(user_id)


def subject_revoke(*, user_id: UUID, epoch: int) -> None:
    """Refuse a user's tokens of earlier epochs.

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
