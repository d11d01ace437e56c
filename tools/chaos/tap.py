"""A tap on the exchange: copies of real messages, to be sent again in any order, and poison to be sent at all.

Each call makes a connection of its own, for the broker comes and goes during a run.
"""

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amqp import Message as AmqpMessage
from amqp.exceptions import AMQPError
from kombu import Connection

EXCHANGE = "plaza.events"
COPIES, HELD = "chaos.copies", "chaos.held"
MOST = 4000
_CONFIRM_SECONDS = 5.0


class BrokerAway(Exception):
    """The broker does not answer at the moment."""


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One message as it was on the wire."""

    key: str
    body: bytes
    properties: dict[str, Any]


class Tap:
    """Taps an exchange.

    Args:
        url: the broker's address, past the proxies.

    """

    def __init__(self, *, url: str) -> None:
        self._url = url
        self.copies: list[Copy] = []

    def open(self) -> None:
        """Begin to keep copies of everything that is published; raises BrokerAway."""
        with self._channel() as channel:
            for queue in (COPIES, HELD):
                channel.queue_declare(queue, durable=True, auto_delete=False, arguments={"x-max-length": MOST})
            channel.queue_bind(COPIES, EXCHANGE, "#")

    def collect(self) -> None:
        """Take in what was copied since the last time; raises BrokerAway."""
        with self._channel() as channel:
            self.copies += _drain(channel, COPIES)
        del self.copies[:-MOST]

    def replay(self, *, most: int, dice: random.Random, recent: int = MOST) -> int:
        """Send copies of some of the latest messages again, in any order; returns how many.

        Raises BrokerAway.
        """
        self.collect()
        events = [copy for copy in self.copies[-recent:] if copy.key.endswith(".v1")]
        chosen = dice.sample(events, min(most, len(events)))
        self.send(chosen)
        return len(chosen)

    def send(self, messages: list[Copy]) -> None:
        """Publish messages and wait until the broker has confirmed them; raises BrokerAway."""
        with self._channel() as channel:
            channel.confirm_select()
            for message in messages:
                sent = AmqpMessage(message.body, **message.properties)
                channel.basic_publish_confirm(sent, EXCHANGE, message.key, confirm_timeout=_CONFIRM_SECONDS)

    def hold_up(self, *, key: str, queue: str) -> None:
        """Lead a type's messages away from a queue, to be kept meanwhile; raises BrokerAway."""
        with self._channel() as channel:
            channel.queue_bind(HELD, EXCHANGE, key)
            channel.queue_unbind(queue, EXCHANGE, key)

    def let_go(self, *, key: str, queue: str, dice: random.Random) -> int:
        """Lead them back, and send what was kept in any order; returns how many. Raises BrokerAway."""
        with self._channel() as channel:
            channel.queue_bind(queue, EXCHANGE, key)
            channel.queue_unbind(HELD, EXCHANGE, key)
            kept = _drain(channel, HELD, acknowledge=False)
            dice.shuffle(kept)
            self.send(kept)
            channel.queue_purge(HELD)
        return len(kept)

    @contextlib.contextmanager
    def _channel(self) -> Iterator[Any]:
        connection = Connection(
            self._url, connect_timeout=3, transport_options={"read_timeout": 5, "write_timeout": 5, "max_retries": 1}
        )
        try:
            yield connection.channel()
        except (AMQPError, OSError) as error:
            raise BrokerAway(f"{type(error).__name__}: {error}") from error
        finally:
            connection.collect()


def _drain(channel: Any, queue: str, *, acknowledge: bool = True) -> list[Copy]:
    """Take everything out of a queue."""
    taken: list[Copy] = []
    while (message := channel.basic_get(queue, no_ack=acknowledge)) is not None:
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
        properties = dict(message.properties)
        taken.append(Copy(key=message.delivery_info["routing_key"], body=body, properties=properties))
    return taken
