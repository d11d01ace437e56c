"""Looking at every order once: what was seen, and what contradicts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.upkeep.across import laws, snapshots
from shared.upkeep.across.laws import Story

MOST_ROWS = 20


@dataclass(kw_only=True)
class Outcome:
    """What a look has found: how much of what was seen, and for each law how often and by whom it is broken."""

    seen: "Counter[str]" = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(laws.LAWS, 0))
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in laws.LAWS})

    @property
    def holds(self) -> bool:
        """Return whether no law is broken."""
        return not any(self.counts.values())

    def add(self, story: Story) -> None:
        """Look at one story."""
        parts = {"orders": story.order, "reservations": story.stock, "payments": story.money}
        self.seen.update(name for name, part in parts.items() if part is not None)
        if story.order is not None and not story.order.has_ended:
            self.seen["unsettled"] += 1
        for name in laws.broken(story):
            self.counts[name] += 1
            if len(self.rows[name]) < MOST_ROWS:
                self.rows[name].append(story.facts())


def look(addresses: Mapping[str, str], *, age: int) -> Outcome:
    """Look at every order in all three databases; arguments and errors as of `snapshots.stories`."""
    with snapshots.stories(addresses, age=age) as found:
        return judged(found)


def judged(stories: Iterable[Story]) -> Outcome:
    """Return what a look at the stories finds."""
    outcome = Outcome()
    for story in stories:
        outcome.add(story)
    return outcome
