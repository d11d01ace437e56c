"""The users this service has heard of; a deactivated one's tokens are refused."""

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
