"""The broker at its worst: messages wait for ever, overtake each other, come twice; none is lost unless told so."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    """A message on its way to one receiver."""

    receiver: str
    body: Any

    @property
    def envelope(self) -> dict[str, Any]:
        """Return the event inside."""
        found: dict[str, Any] = self.body[0][0]
        return found

    @property
    def key(self) -> tuple[str, str]:
        """Return what the receiver's inbox knows it by."""
        return self.receiver, self.envelope["id"]

    @property
    def kind(self) -> str:
        """Return its type without sender and version: `order_placed`."""
        name: str = self.envelope["type"].split(".")[1]
        return name

    @property
    def can_be_asked_for(self) -> bool:
        """Return whether somebody would ask again if it never came: orders does, until an order is settled."""
        return "order_id" in self.envelope["data"]

    def __str__(self) -> str:
        return f"{self.kind} to {self.receiver}"


class Network:
    """What is under way.

    Args:
        listeners: service -> the types that it listens to.
    """

    def __init__(self, listeners: Mapping[str, Iterable[str]]) -> None:
        self._listeners = listeners
        self.waiting: list[Message] = []
        self.losses = 0

    def send(self, sender: str, bodies: Iterable[Any]) -> None:
        """Put messages under way, one for each service that listens; fails when nobody does."""
        for body in bodies:
            kind = body[0][0]["type"]
            receivers = [each for each, types in self._listeners.items() if kind in types]
            assert receivers, f"nobody listens to {kind}"
            # What a service says to itself are background jobs (mails, imports), no part of an order's story.
            self.waiting += [Message(each, body) for each in receivers if each != sender]

    def take(self, number: int) -> Message:
        """Take a message out, any: they are counted around."""
        return self.waiting.pop(number % len(self.waiting))

    def put_back(self, message: Message) -> None:
        """Let a message come again that was not acknowledged, or that the broker repeats."""
        self.waiting.append(copy.deepcopy(message))

    def find(self, kind: str, receiver: str = "") -> int:
        """Return the place of the oldest message of a kind (to a receiver)."""
        for place, message in enumerate(self.waiting):
            if message.kind == kind and receiver in ("", message.receiver):
                return place
        raise LookupError(
            f"no {kind} is under way{' to ' + receiver if receiver else ''}: {list(map(str, self.waiting))}"
        )
