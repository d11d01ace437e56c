"""What the clients did and what they were told: every attempt, order and transfer. The checker's first half."""

import enum
from dataclasses import dataclass, field

SERVER_ERROR = 500


class Outcome(enum.StrEnum):
    """What a client knows of something it asked for."""

    UNKNOWN = "unknown"
    """No answer, or one that says nothing about whether it was done."""
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request on the wire; at is in seconds of the monotonic clock, status 0 means no answer."""

    at: float
    seconds: float
    method: str
    path: str
    status: int
    code: str = ""

    @property
    def failed(self) -> bool:
        """Tell whether the service owed a better answer."""
        return not self.status or self.status >= SERVER_ERROR


@dataclass(slots=True, kw_only=True)
class Placing:
    """One order that a customer wanted: the key and what was ever answered under it."""

    key: str
    customer: str
    lines: tuple[tuple[str, int], ...]
    began: float = 0.0
    """When it was wanted, in seconds of the monotonic clock."""
    outcome: Outcome = Outcome.UNKNOWN
    refusal: str = ""
    order_ids: set[str] = field(default_factory=set)
    recovered: bool = False
    """Acknowledged only by asking again for something that had been done, unheard."""
    cancelled: bool = False
    """The customer was told that it is cancelled."""


@dataclass(slots=True, kw_only=True)
class Moving:
    """One transfer that a customer wanted."""

    key: str
    customer: str
    to: str
    amount: str
    outcome: Outcome = Outcome.UNKNOWN
    refusal: str = ""


@dataclass(kw_only=True)
class History:
    """Everything that the clients know."""

    attempts: list[Attempt] = field(default_factory=list)
    placings: list[Placing] = field(default_factory=list)
    movings: list[Moving] = field(default_factory=list)
    reused: dict[int, int] = field(default_factory=dict)
    """Statuses answered to another body under a key that was used."""

    @property
    def wishes(self) -> list[Placing | Moving]:
        """Return everything that somebody wanted."""
        return [*self.placings, *self.movings]

    @property
    def unknown(self) -> list[Placing | Moving]:
        """Return what nobody has a final answer to."""
        return [each for each in self.wishes if each.outcome is Outcome.UNKNOWN]
