"""Mutants: the system with one protection switched off, to see that the checker notices.

The services know nothing of them: what a run puts inside patches the protection away (`tools.chaos.inside`).
"""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mutant:
    """One protection, and how a run finds out that it is missing."""

    what: str
    """What happens without it."""
    faults: frozenset[str] = frozenset()
    """What brings that to light soon; a run with the mutant deals only these, unless told otherwise."""
    cancel: float = 0.10
    """Share of the orders that are cancelled."""


ALL = {
    "no_inbox": Mutant(
        what="an event that is delivered twice is handled twice",
        faults=frozenset({"repeat shuffled"}),
    ),
    "early_ack": Mutant(
        what="a message is acknowledged before it is handled, and lost with its worker",
        faults=frozenset({"kill worker at work", "kill worker's child"}),
    ),
    "no_tombstone": Mutant(
        what="a release that overtakes its reservation leaves no trace, and the stock stays held for ever",
        faults=frozenset({"hold up"}),
        cancel=0.60,
    ),
    "no_idempotency": Mutant(
        what="a request that is repeated is done again",
        faults=frozenset({"kill gunicorn's worker"}),
    ),
    "no_confirms": Mutant(
        what="the relay takes an event as sent without waiting for the broker's confirm",
        faults=frozenset({"cut line:orders-rabbitmq", "repeat shuffled"}),
    ),
}
