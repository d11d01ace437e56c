"""Every SQL statement on its way to the database: timed, and a span of its trace; never with its parameters.

An execute wrapper of Django, so that it works without DEBUG. It also knows which threads wait for the database, which
is no fault of theirs.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings

from shared import metrics, tracing

log = logging.getLogger(__name__)

_SHOWN = 200  # characters
_KNOWN_BY = 400  # characters of a statement that tell it from others
_VERB = re.compile(r"\s*(\w+)")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+\"?(\w+)", re.IGNORECASE)

_waiting: dict[int, float] = {}


def attach(connection: Any, **_: Any) -> None:
    """Watch the statements of a connection that was just opened (Django's signal)."""
    if watched not in connection.execute_wrappers:
        connection.execute_wrappers.append(watched)


def waited(thread: int) -> float:
    """Return for how many seconds a thread, by its ident, has been waiting for the database; 0 when it does not."""
    since = _waiting.get(thread)
    return 0.0 if since is None else time.perf_counter() - since


def watched(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:  # noqa: FBT001 (Django's signature)
    """Run a statement; tells of it when it was slow."""
    thread = threading.get_ident()
    _waiting[thread] = started = time.perf_counter()
    try:
        if tracing.recording():
            with _spanned(sql):
                return execute(sql, params, many, context)
        return execute(sql, params, many, context)
    finally:
        _waiting.pop(thread, None)
        seconds = time.perf_counter() - started
        if seconds >= settings.SLOW_QUERY_SECONDS:
            metrics.SLOW_QUERIES.inc()
            log.warning("slow_query", extra={"seconds": round(seconds, 6), "sql": _text(sql)[:_SHOWN], "many": many})


@contextmanager
def _spanned(sql: Any) -> Iterator[None]:
    """Run the block in the span of a statement."""
    text = _text(sql)
    name = _name(text[:_KNOWN_BY])
    told = {"db.system.name": "postgresql", "db.query.text": text[:_SHOWN], "db.query.summary": name}
    with tracing.span(name, kind=tracing.CLIENT, attributes=told):
        yield


def _text(sql: Any) -> str:
    """Return a statement's text; one that psycopg composes may hold values, and is only named."""
    return sql if isinstance(sql, str) else type(sql).__name__


@lru_cache(maxsize=1024)
def _name(text: str) -> str:
    """Return what a statement does and to which table, such as `INSERT events_outbox`."""
    verb, table = _VERB.match(text), _TABLE.search(text)
    return " ".join([verb[1].upper() if verb else "SQL", *([table[1]] if table else [])])
