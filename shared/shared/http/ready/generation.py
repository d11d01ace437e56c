"""The generation of what is kept: a random name in one row of PostgreSQL, new with every transaction that changes it.

A process believes in the generation it read for TRUST_SECONDS after it began to read, and whoever writes waits as long
after the commit before it answers. So nobody can ask after that answer and meet a process that believes in the old one.
"""

import logging
import threading
import time
from dataclasses import dataclass

from django.db import Error as DatabaseFault
from django.db import connection, transaction

log = logging.getLogger(__name__)

TRUST_SECONDS = 0.025  # the same in every process: readers trust as long as writers wait
_EARLY_SECONDS = 0.01  # before the end of that, one asks again, so that nobody has to wait for the answer
_PAUSE_SECONDS = 1.0  # without asking again after the database did not answer

_READ = "SELECT value, extract(epoch FROM clock_timestamp())::float8 FROM ready_generation WHERE only_one"
_RENEW = """
INSERT INTO ready_generation (only_one, value) VALUES (true, gen_random_uuid())
    ON CONFLICT (only_one) DO UPDATE SET value = excluded.value
"""
_BEGIN = "INSERT INTO ready_generation (only_one, value) VALUES (true, gen_random_uuid()) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Present:
    """What PostgreSQL said of the present.

    Attributes:
        generation: its name.
        clock: seconds on PostgreSQL's clock, not before `asked_at`.
        asked_at: when it was asked, on this process's clock (monotonic).
    """

    generation: str
    clock: float
    asked_at: float


_lock = threading.Lock()
_believed: tuple[float, Present | None] = (float("-inf"), None)  # until when, and in what


def renew(*, wait: bool = True) -> None:
    """Let no answer that is kept outlive the transaction; call it last in there, the row is everybody's.

    Args:
        wait: after the commit, until every process knows; without, they do TRUST_SECONDS later.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RENEW)
    if wait and not any(call is settle for _, call, *_ in connection.run_on_commit):
        transaction.on_commit(settle)


def settle() -> None:
    """Wait until no process believes in a generation that was read before now."""
    time.sleep(TRUST_SECONDS)


def current() -> Present | None:
    """Return the generation, read at most TRUST_SECONDS ago; None when the database does not answer."""
    until, present = _believed
    left = until - time.monotonic()
    if left > _EARLY_SECONDS or not _lock.acquire(blocking=left <= 0):
        return present
    try:
        until, present = _believed
        return present if until - time.monotonic() > _EARLY_SECONDS else _ask()
    finally:
        _lock.release()


def at_hand() -> Present | None:
    """Return the generation that is believed in; None when it is time to ask for it."""
    until, present = _believed
    return present if until - time.monotonic() > _EARLY_SECONDS else None


def forget() -> None:
    """Ask again at the next look; for tests."""
    global _believed  # noqa: PLW0603 (one belief for the process)
    _believed = (float("-inf"), None)


def _ask() -> Present | None:
    """Read the generation and believe in it from the moment the question was put."""
    global _believed  # noqa: PLW0603 (one belief for the process)
    asked_at = time.monotonic()
    try:
        value, clock = _read()
        _believed = (asked_at + TRUST_SECONDS, Present(value, clock, asked_at))
    except (DatabaseFault, OSError) as error:
        log.warning("generation_unknown", extra={"cause": type(error).__name__})
        _believed = (time.monotonic() + _PAUSE_SECONDS, None)
    return _believed[1]


def _read() -> tuple[str, float]:
    """Read the row, or make it when there is none; outside of a request, so the connection is looked after here."""
    connection.close_if_unusable_or_obsolete()
    try:
        with connection.cursor() as cursor:
            cursor.execute(_READ)
            while (row := cursor.fetchone()) is None:
                cursor.execute(_BEGIN)
                cursor.execute(_READ)
        return row[0].hex, row[1]
    finally:
        connection.close_if_unusable_or_obsolete()
