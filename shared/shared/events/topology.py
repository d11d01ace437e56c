"""The exchange, each service's queue and its bindings, as kombu declarations."""

from django.conf import settings
from kombu import Connection, Exchange, Queue
from kombu.entity import binding

from shared.events import registry

EVENTS = Exchange("plaza.events", type="topic", durable=True)
DEAD = Exchange("plaza.dead", type="direct", durable=True)

# A worker that dies with a message counts as a failed delivery; so does every lost connection before RabbitMQ 4.3.
DELIVERY_LIMIT = 20


def retry_key(service: str) -> str:
    """Return the routing key that reaches one service only: its retries."""
    return f"{service}.retry"


def tick_key(service: str) -> str:
    """Return the routing key of a service's own periodic tasks."""
    return f"{service}.tick"


def events_queue(service: str) -> Queue:
    """Return a service's queue: quorum, bounded redelivery, and a dead-letter queue that confirms."""
    keys = [*registry.handled_types(), retry_key(service), tick_key(service)]
    return Queue(
        f"{service}.events",
        EVENTS,
        bindings=[binding(EVENTS, routing_key=key) for key in keys],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD.name,
            "x-dead-letter-routing-key": service,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def dead_queue(service: str) -> Queue:
    """Return the queue of messages that could not even be recorded as failed; the relay empties it."""
    return Queue(f"{service}.dead", DEAD, routing_key=service, durable=True, queue_arguments={"x-queue-type": "quorum"})


def declare() -> list[str]:
    """Declare this service's exchange, queues and bindings; returns the bound routing keys.

    Raises:
        OSError or kombu's operational errors when the broker cannot be reached.
    """
    queue = events_queue(settings.SERVICE)
    with Connection(settings.BROKER_URL, connect_timeout=3) as connection:
        channel = connection.channel()
        for entity in (EVENTS, DEAD, queue, dead_queue(settings.SERVICE)):
            entity(channel).declare()
    return [bound.routing_key for bound in queue.bindings]
