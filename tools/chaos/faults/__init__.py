"""Every fault that can strike: its card, and a context that strikes on entry and heals on exit."""

import contextlib
from collections.abc import Callable

from tools.chaos.faults import broker, cache, clock, database, lines, messages, poison, processes
from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Stage

Action = Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]

_ROOMS = (processes, clock, broker, database, cache, lines, messages, poison)
CARDS: tuple[Card, ...] = tuple(card for room in _ROOMS for card in room.CARDS)
ACTIONS: dict[str, Action] = {name: action for room in _ROOMS for name, action in room.ACTIONS.items()}
