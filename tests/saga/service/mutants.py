"""Services with one rule broken each: patches of the real code, to see that the tests would notice.

Each mutant is a mistake that somebody could make (and others have made); the interleavings that catch them are in
`../interleavings.py`. Here are those that can be made in every service.
"""

import importlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

import psycopg
from django.conf import settings
from django.db import transaction

from shared.db.models import uuid7
from shared.events import delivery, outbox

Breaks = Callable[[], AbstractContextManager[Any]]

_active = ExitStack()


def mutate(*, name: str) -> None:
    """Break a rule until `heal`."""
    _active.enter_context({**EVERYWHERE, **_own()}[name]())


def names() -> dict[str, list[str]]:
    """Return which rules can be broken: those of this service, and those that every service has."""
    return {"own": sorted(_own()), "everywhere": sorted(EVERYWHERE)}


def _own() -> dict[str, Breaks]:
    """Return the mutants of this service."""
    found: dict[str, Breaks] = importlib.import_module(f"mutants_of_{settings.SERVICE}").MUTANTS
    return found


def heal() -> None:
    """Mend everything."""
    _active.close()


def _elsewhere(sql: str, *values: Any) -> int:
    """Run a statement that commits at once, whatever becomes of the present transaction; returns how many rows."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        return other.execute(sql, values).rowcount


def no_inbox() -> Any:
    """Every delivery counts as the first one."""
    return mock.patch.object(delivery, "_first_time", return_value=True)


def inbox_first() -> Any:
    """The inbox row is committed before the handler runs: who dies in between has lost the event."""
    insert = "INSERT INTO events_inbox (event_id, type) VALUES (%s, %s) ON CONFLICT DO NOTHING"
    return mock.patch.object(delivery, "_first_time", lambda event: _elsewhere(insert, event.id, event.type) == 1)


def events_first() -> Any:
    """Events are committed before what they tell of: a rolled back fact has been told all the same."""
    insert = (
        "INSERT INTO events_outbox (event_id, type, subject, data, traceparent, request_id)"
        " VALUES (%s, %s, %s, %s, %s, %s)"
    )

    def append(*events: Any) -> None:
        for event in events:
            _elsewhere(insert, uuid7(), event.TYPE, event.subject, event.model_dump_json(), "", "")

    return mock.patch.object(outbox, "append", append)


def events_last() -> Any:
    """Events are written after the commit of what they tell of: who dies in between never tells."""
    real = outbox.append

    def append(*events: Any) -> None:
        transaction.on_commit(lambda: later(*events))

    def later(*events: Any) -> None:
        with transaction.atomic():
            real(*events)

    return mock.patch.object(outbox, "append", append)


EVERYWHERE: dict[str, Breaks] = {
    "no_inbox": no_inbox,
    "inbox_first": inbox_first,
    "events_first": events_first,
    "events_last": events_last,
}
