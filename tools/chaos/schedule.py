"""What strikes when: a pure function of seed and length, so that a run can be repeated."""

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FIRST_STRIKE = 3.0
QUIET_END = 4.0
"""Seconds without a new strike at the end of the load."""
PAUSE = (1.0, 2.5)
"""Seconds between the end of a long fault and the next one."""
QUICK_PAUSE = (2.0, 5.0)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A fault that may be dealt: its family (F1 ... F12), its name, whom it can meet, and how long it lasts."""

    family: str
    name: str
    targets: tuple[str, ...]
    shortest: float = 0.0
    longest: float = 0.0
    quick: bool = False
    """Strikes beside the long ones, which come one after another."""


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One fault at its time: seconds after the load began, and how long it lasts; seed is for its own dice."""

    at: float
    seconds: float
    family: str
    name: str
    target: str
    seed: int

    def told(self) -> dict[str, Any]:
        """Return the strike, ready for JSON."""
        return dataclasses.asdict(self)


def chosen(*, cards: Sequence[Card], only: frozenset[str]) -> list[Card]:
    """Return the cards of these families, names, or names with one target (`cut line:orders-rabbitmq`).

    Args:
        cards: what there is.
        only: what is wanted; everything when empty.

    """
    found = [card for card in cards if not only or card.family in only or card.name in only]
    for card in cards:
        targets = tuple(target for target in card.targets if f"{card.name}:{target}" in only)
        if targets:
            found.append(dataclasses.replace(card, targets=targets))
    return found


def make(*, cards: Sequence[Card], seed: int, seconds: float) -> list[Strike]:
    """Deal faults for a run, in the order of their times.

    Of the long ones every family comes up once before any comes up twice.

    Args:
        cards: what can be dealt.
        seed: the same seed and length give the same schedule.
        seconds: how long the load runs.

    """
    dice = random.Random(seed)  # noqa: S311  (to be repeated)
    end = seconds - QUIET_END
    long_ones = [card for card in cards if not card.quick]
    quick_ones = [card for card in cards if card.quick]
    strikes: list[Strike] = []
    at, deck = FIRST_STRIKE, _Deck(cards=long_ones, dice=dice)
    while long_ones and (strike := _strike(deck.deal(), at=at, dice=dice)).at + strike.seconds < end:
        strikes.append(strike)
        at += strike.seconds + dice.uniform(*PAUSE)
    at, deck = FIRST_STRIKE / 2, _Deck(cards=quick_ones, dice=dice)
    while quick_ones and at < end:
        strikes.append(_strike(deck.deal(), at=at, dice=dice))
        at += dice.uniform(*QUICK_PAUSE)
    return sorted(strikes, key=lambda strike: strike.at)


def _strike(card: Card, *, at: float, dice: random.Random) -> Strike:
    return Strike(
        at=round(at, 2),
        seconds=round(dice.uniform(card.shortest, card.longest), 2),
        family=card.family,
        name=card.name,
        target=dice.choice(card.targets),
        seed=dice.getrandbits(32),
    )


class _Deck:
    """Cards dealt in rounds: in each round one of every family, in any order; within a family each card in turn."""

    def __init__(self, *, cards: Sequence[Card], dice: random.Random) -> None:
        self._dice = dice
        self._families: dict[str, list[Card]] = {}
        for card in cards:
            self._families.setdefault(card.family, []).append(card)
        for family in self._families.values():
            dice.shuffle(family)
        self._round: list[str] = []

    def deal(self) -> Card:
        """Return the next card."""
        if not self._round:
            self._round = list(self._families)
            self._dice.shuffle(self._round)
        family = self._families[self._round.pop()]
        card = family.pop(0)
        family.append(card)
        return card
