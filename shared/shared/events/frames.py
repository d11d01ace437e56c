"""Messages as frames of AMQP 0-9-1, many in one piece (its specification, sections 2.3.5, 4.2.6 and 4.2.7).

amqp serializes each message anew and writes it by itself: of the 317 functions that the relay called for an event, 230.
But for id, routing key and body our messages are all alike, so amqp serializes one and the others are filled in.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from amqp import spec
from amqp.serialization import dumps

TASK = "plaza.deliver"  # Celery's name of the one consumer

_METHOD, _HEADER, _BODY = 1, 2, 3
_START = struct.Struct(">BHI")  # type, channel, size
_METHOD_ID, _CONTENT = struct.Struct(">HH"), struct.Struct(">HHQ")
_GIVEN = struct.pack(">H", 0b1111_0100_1000_0000)  # which properties: those of _properties
_END = b"\xce"
_OVERHEAD = _START.size + len(_END)
_ENOUGH = 64 * 1024  # bytes to write at once
_ANY_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its id, a UUID's text; its routing key; its body."""

    id: str
    routing_key: str
    body: bytes


def headers(identity: str) -> dict[str, str]:
    """Return the headers of a message in Celery's protocol 2, by its id."""
    return {"lang": "py", "task": TASK, "id": identity, "root_id": identity, "argsrepr": "", "kwargsrepr": ""}


class Frames:
    """How messages are said on a channel; they are mandatory and persistent.

    Args:
        channel: its number.
        largest: bytes of a frame, as agreed with the broker.
        exchange: where they go.
    """

    def __init__(self, *, channel: int, largest: int, exchange: str) -> None:
        self._channel, self._exchange = channel, exchange
        self._part = largest - _OVERHEAD
        self._between = _properties(_ANY_ID).split(_ANY_ID.encode())
        self._published = lru_cache(maxsize=256)(self._publish)

    def pieces(self, messages: Sequence[Message]) -> Iterator[bytes]:
        """Yield messages as they go over the wire, about as much at once as a socket takes."""
        piece: list[bytes] = []
        size = 0
        for message in messages:
            piece += self._of(message)
            size += len(message.body)
            if size >= _ENOUGH:
                yield b"".join(piece)
                piece, size = [], 0
        if piece:
            yield b"".join(piece)

    def _of(self, message: Message) -> Iterator[bytes]:
        """Yield a message's frames: what is done, what it is like, what it says."""
        body, identity = message.body, message.id.encode()
        yield self._published(message.routing_key)
        about = _CONTENT.pack(spec.Basic.CLASS_ID, 0, len(body)) + identity.join(self._between)
        yield self._frame(_HEADER, about)
        for start in range(0, len(body), self._part):
            yield self._frame(_BODY, body[start : start + self._part])

    def _publish(self, routing_key: str) -> bytes:
        """Return the frame that publishes to a routing key."""
        arguments: bytes = dumps("Bssbb", (0, self._exchange, routing_key, True, False))
        return self._frame(_METHOD, _METHOD_ID.pack(*spec.Basic.Publish) + arguments)

    def _frame(self, kind: int, content: bytes) -> bytes:
        return b"%b%b%b" % (_START.pack(kind, self._channel, len(content)), content, _END)


def _properties(identity: str) -> bytes:
    """Return the properties of a message, by its id."""
    known = ("application/json", "utf-8", headers(identity), 2, identity, identity)
    made: bytes = dumps("ssFoss", known)  # content type and encoding, headers, persistent, correlation id, id
    return _GIVEN + made
