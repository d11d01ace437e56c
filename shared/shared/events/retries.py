"""How often, and after which pauses, an event whose handler failed is tried again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Retries:
    """A schedule: the n-th retry comes `base * 2^(n-1)` seconds after its failure, at most `longest`.

    Attributes:
        most: retries after the first attempt; then the event is dead.
        base: seconds before the first retry.
        longest: seconds before any retry.
        jitter: whether a pause is chosen evenly between nothing and its length, so that retries do not come in waves.
    """

    most: int
    base: float
    longest: float = 600.0
    jitter: bool = True

    @property
    def attempts(self) -> int:
        """Return how often the event is tried in all."""
        return self.most + 1


DEFAULT = Retries(most=7, base=1.0)
