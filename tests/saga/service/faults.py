"""Accidents inside a service's transaction, without a switch in its code: they wait at statements and at COMMIT.

| at              | where                                                                             |
|-----------------|-----------------------------------------------------------------------------------|
| `after_begin`   | the transaction's first statement is done: of a delivery, the inbox row           |
| `after_effects` | the effects are written, the events that tell of them are not                     |
| `before_commit` | everything is written, nothing is committed                                       |
| `after_commit`  | everything is committed, nobody has heard of it: no acknowledgement, no answer    |

| how           | what happens                                                                        |
|---------------|-------------------------------------------------------------------------------------|
| `dies`        | the process ends as far as the code can tell: nothing after this line runs           |
| `killed`      | it gets SIGKILL                                                                     |
| `disconnects` | PostgreSQL ends the session; after the commit that is an answer that never arrives   |
"""

import functools
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
from django.db import OperationalError, connection

_OUTBOX = re.compile(r'insert into "?events_outbox\b', re.IGNORECASE)


class Died(BaseException):
    """The process is gone; no handler of errors may notice."""


class Trap:
    """An accident that waits for its moment and happens once."""

    def __init__(self, *, at: str, how: str) -> None:
        self.sprung = False
        self._at, self._how = at, how

    def statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (Django's signature)
        """Stand around every statement of the connection."""
        if self._at == "after_effects" and _OUTBOX.search(sql):
            self._spring()
        result = execute(sql, params, many, context)
        if self._at == "after_begin" and connection.in_atomic_block:
            self._spring()
        return result

    def commit(self, commit: Callable[[], None]) -> None:
        """Stand around the COMMIT of the connection."""
        if self._at == "before_commit":
            self._spring()
        commit()
        if self._at == "after_commit":
            self._spring()

    def _spring(self) -> None:
        if self.sprung:
            return
        self.sprung = True
        if self._how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._how == "dies":
            connection.close()  # without a word, as a dead process does
            raise Died
        _end_session()
        if self._at == "after_commit":
            raise OperationalError("the connection was lost before the answer to COMMIT came")


class _NoTrap:
    sprung = False


def _end_session() -> None:
    """Let PostgreSQL end this process's session, as an operator or a failover would."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])


@contextmanager
def armed(fault: dict[str, str] | None) -> Iterator[Any]:
    """Lay a trap for the block, or none."""
    if fault is None:
        yield _NoTrap
        return
    trap, commit = Trap(**fault), connection.commit
    with (
        connection.execute_wrapper(trap.statement),
        mock.patch.object(connection, "commit", functools.partial(trap.commit, commit)),
    ):
        yield trap
