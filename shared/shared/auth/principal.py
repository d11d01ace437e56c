"""The one who asks, as a verified token names it."""

from dataclasses import dataclass, field
from uuid import UUID

STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A user known by a verified access token; stands in for Django's user on requests."""

    id: UUID
    session_id: UUID
    roles: frozenset[str] = field(default_factory=frozenset)
    epoch: int = 0

    @property
    def is_staff(self) -> bool:
        """Return whether the user may do what only staff may."""
        return STAFF in self.roles

    @property
    def is_authenticated(self) -> bool:
        """Return True: only verified tokens make principals."""
        return True

    @property
    def pk(self) -> UUID:
        """Return the id under the name that Django's conventions expect."""
        return self.id
