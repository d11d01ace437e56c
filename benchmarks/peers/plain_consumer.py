"""`python -m benchmarks.peers.plain_consumer QUEUE`: takes messages and acknowledges them, by py-amqp alone."""

import os
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp


def main() -> None:
    """Consume until ended."""
    url = urlsplit(os.environ["BROKER_URL"])
    connection = amqp.Connection(
        host=f"{url.hostname}:{url.port}", userid=unquote(url.username or ""), password=unquote(url.password or "")
    )
    connection.connect()
    channel = connection.channel()
    channel.basic_qos(0, 100, a_global=False)

    def on_message(message: Any) -> None:
        channel.basic_ack(message.delivery_tag)

    channel.basic_consume(sys.argv[1], callback=on_message)
    while True:
        connection.drain_events()


if __name__ == "__main__":
    main()
