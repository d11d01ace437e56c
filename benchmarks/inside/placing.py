"""Placing orders inside orders: which statements that takes, and the same as a script for pgbench."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from psycopg import ClientCursor

from benchmarks.inside.customers import jwks, signed

__all__ = ["body", "jwks", "script", "signed", "statements"]

_CONTROL = {"BEGIN", "COMMIT"}
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NUMBER = re.compile(r"pg_try_advisory_xact_lock\(-?\d+\)")
_MADE = "lpad(:{name}::text, 32, '0')"


def body(*, lines: int) -> str:
    """Return an order of so many products as a request's body."""
    items = [{"product_id": str(UUID(int=0x0192_7000_8000 << 64 | number)), "quantity": 1} for number in range(lines)]
    return json.dumps({"items": items})


def statements(*, lines: int) -> list[str]:
    """Return what PostgreSQL is told when a known customer places an order with an Idempotency-Key."""
    settings.JWKS_PROVIDER = "shared.testing.tokens.jwks"
    first, second = signed(count=2)
    said: list[str] = []

    def hear(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (Django's)
        said.append(ClientCursor(connection.connection).mogrify(sql.encode(), values))
        return execute(sql, values, many, context)

    with override_settings(ALLOWED_HOSTS=["*"]):
        _place(first["token"], lines)  # whatever is done only once
        with connection.execute_wrapper(hear), CaptureQueriesContext(connection) as captured:
            _place(second["token"], lines)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE orders, order_lines, order_timeline, events_outbox, http_idempotency")
    texts = iter(said)  # with their values, also where PostgreSQL got these apart
    return [each["sql"] if each["sql"] in _CONTROL else next(texts) for each in captured.captured_queries]


def _place(token: str, lines: int) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    answer = Client(headers=headers).post("/api/v2/orders/", body(lines=lines), content_type="application/json")
    assert answer.status_code == 202, answer.content  # noqa: S101, PLR2004 (a benchmark)


def script(*, told: list[str]) -> str:
    """Return statements as a script for pgbench in which what must differ from order to order does.

    Args:
        told: the statements, from `statements`.
    """
    order, user, event, key = _identities("\n".join(told))
    parts = [f"\\set {name} random(1, 9000000000000000000)" for name in ("order", "user", "event", "key")]
    names = {order: "order", user: "user", event: "event", key: "key"}
    for statement in told:
        text = _LITERAL.sub(lambda found: _varied(found.group(), names), statement)
        text = _NUMBER.sub("pg_try_advisory_xact_lock(:key)", text)
        parts.append(f"{' '.join(text.split())};")
    return "\n".join(parts) + "\n"


def _identities(told: str) -> tuple[str, ...]:
    """Return the ids of order, user and event, and the key, as the statements say them."""
    found = re.search(r"INSERT INTO orders .*?VALUES \('([^']+)'(?:::uuid)?, '([^']+)'", told, re.DOTALL)
    event = re.search(r"ROWS FROM \(unnest\('\{([0-9a-f-]+)\}'", told)
    key = re.search(r"INSERT INTO http_idempotency .*?VALUES \('[^']+'(?:::uuid)?, '([^']+)'", told, re.DOTALL)
    assert found, told  # noqa: S101 (a benchmark)
    assert event, told  # noqa: S101 (as above)
    assert key, told  # noqa: S101 (as above)
    return found[1], found[2], event[1], key[1]


def _varied(literal: str, names: dict[str, str]) -> str:
    """Return a literal with every identity in it replaced by a value of pgbench's."""
    text = literal
    for identity, name in names.items():
        text = text.replace(identity, f"' || {_MADE.format(name=name)} || '")
    return literal if text == literal else f"({text})"
