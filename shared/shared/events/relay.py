"""The pump of one service: outbox -> RabbitMQ, due retries -> own queue, own dead-letter queue -> database.

One relay of a service is active at a time (an advisory lock of its database session; others stand by). It holds no
transaction while it talks to the broker: read a batch, publish it, mark what was confirmed, with the statement that
reads the next one. A crash in between publishes again, which the inbox makes harmless. Rows are found by `sent_at IS
NULL`, never by a cursor, so that no late commit is skipped.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection

from shared import hints, metrics
from shared.db.faults import is_outage
from shared.db.locks import advisory_lock
from shared.events import dead_letters, failures, outbox, outgoing, spans
from shared.events.publisher import BrokerAway, Publisher
from shared.events.topology import dead_queue, retry_key

log = logging.getLogger(__name__)

BATCH = 500
_IDLE_SECONDS = 0.5  # the slow poll under the hints
_STANDBY_SECONDS = 1.0
_LOOK_SECONDS = 1.0  # between looks at retries and dead letters, and at the backlog


class Relay:
    """The loop of the relay process.

    Args:
        stopping: set from a signal handler to end the loop.
        progress: called once a round; the liveness probe looks at it.
    """

    def __init__(self, *, stopping: threading.Event, progress: Callable[[], None]) -> None:
        self._stopping = stopping
        self._progress = progress
        self._publisher = Publisher(settings.BROKER_URL)
        self._sender = Sender(self._publisher)
        self._faults = 0
        self._looked_at = self._measured_at = float("-inf")

    def run(self) -> None:
        """Pump until told to stop; outages of database or broker are waited for."""
        while not self._stopping.is_set():
            self._progress()
            try:
                self._lead()
            except (BrokerAway, DatabaseFault) as error:
                self._after_fault(error)
        self._publisher.drop()

    def _lead(self) -> None:
        """Become the active relay, or wait a moment as standby."""
        with connection.cursor() as cursor:
            # A frozen leader loses its session, and with it the lock, to the standby.
            cursor.execute("SET idle_session_timeout = '15s'")
        with advisory_lock("relay") as leading:
            if not leading:
                self._measure()
                self._stopping.wait(_STANDBY_SECONDS)
                return
            with hints.subscription(outbox.WAKE_CHANNEL) as pause:
                while not self._stopping.is_set():
                    self._progress()
                    # Less than a batch: nothing is left, or somebody has hinted meanwhile and the pause ends at once.
                    if self.pump() < BATCH:
                        pause(_IDLE_SECONDS)
                self._sender.mark()

    def pump(self) -> int:
        """Publish a batch, look after the rest once a second, and return how many events were confirmed.

        Raises BrokerAway or a database error.
        """
        self._measure()  # first, as it is the outage of the broker that one wants to see
        moved = self._sender.publish()
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self._publisher.beat()
            publish_retries(self._publisher)
            collect_dead(self._publisher)
        self._faults = 0
        return moved

    def _measure(self) -> None:
        """Look at the backlog once a second; standbys do too, who may be the only ones left to see it grow."""
        if time.monotonic() - self._measured_at < _LOOK_SECONDS:
            return
        self._measured_at = time.monotonic()
        unsent, oldest = outgoing.pending()
        metrics.OUTBOX_UNSENT.set(unsent)
        metrics.OUTBOX_OLDEST.set(oldest)
        failed = failures.counts()
        metrics.INBOX_RETRYING.set(failed["retrying"])
        metrics.INBOX_DEAD.set(failed["dead"])

    def _after_fault(self, error: Exception) -> None:
        """Log the fault once per outage and pause with growing, jittered intervals."""
        if isinstance(error, DatabaseFault) and not is_outage(error):
            log.error("relay_database_error", exc_info=error)
        elif not self._faults:
            log.warning("relay_waiting", extra={"cause": str(error)[:200]})
        connection.close()
        self._faults += 1
        self._stopping.wait(min(0.2 * 2 ** min(self._faults, 5), 5) * random.uniform(0.5, 1))  # noqa: S311


class Sender:
    """Publishes the outbox batch by batch; what reads the next batch marks the last one as sent.

    Args:
        publisher: a connection to the broker.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._sent: list[int] = []

    def publish(self) -> int:
        """Publish the next batch of unsent events; returns how many were confirmed."""
        rows = outgoing.unsent(limit=BATCH, sent=self._sent)
        self._sent = []
        if not rows:
            return 0
        with spans.publishing(rows):
            outcome = self._publisher.publish([outgoing.message(row) for row in rows])
        confirmed = [row for row in rows if row["event_id"] in outcome.confirmed]
        self._sent = [row["id"] for row in confirmed]
        outgoing.mark_refused({row["id"]: why for row in rows if (why := outcome.refused.get(row["event_id"]))})
        for kind, count in Counter(row["type"] for row in confirmed).items():
            metrics.EVENTS_PUBLISHED.labels(kind).inc(count)
        return len(confirmed)

    def mark(self) -> None:
        """Mark what was confirmed, when nothing is to be read."""
        outgoing.mark_sent(self._sent)
        self._sent = []


def publish_outbox(publisher: Publisher) -> int:
    """Publish the next batch of unsent events and mark them; returns how many were confirmed."""
    sender = Sender(publisher)
    count = sender.publish()
    sender.mark()
    return count


def publish_retries(publisher: Publisher) -> int:
    """Send failed events that are due again to this service's own queue; returns how many."""
    due = failures.claim_due(limit=BATCH)
    if not due:
        return 0
    key = retry_key(settings.SERVICE)
    messages = [outgoing.retry_message(row.envelope, row.event_id, row.attempts, key) for row in due]
    return len(publisher.publish(messages).confirmed)


def collect_dead(publisher: Publisher) -> int:
    """Move what the broker dead-lettered into the database, where it can be seen and replayed; returns how many."""
    moved = 0
    while (message := publisher.fetch(dead_queue(settings.SERVICE).name)) is not None:
        dead_letters.record(body=_decoded(message.body), reason=_reason(message))
        message.ack()
        moved += 1
    return moved


def _decoded(body: Any) -> Any:
    """Return the message's JSON value, or its text when it is none."""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode("utf-8", "replace")


def _reason(message: Any) -> str:
    """Return why the broker dead-lettered a message (rejected, delivery_limit, …)."""
    deaths = (message.properties.get("application_headers") or {}).get("x-death") or [{}]
    return str(deaths[0].get("reason", "unknown"))
