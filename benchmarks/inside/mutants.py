"""Deliberate slowdowns: each does to a hot path what a careless change would, so that one sees that it is noticed."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest import mock

from django.db import connection

_SPINS = 250_000
_WITHOUT_INDEXES = "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off"
_WITH_INDEXES = "RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan"
_AGAIN = "; DISCARD PLANS"  # of prepared statements, which would stay as they are


@contextmanager
def at_work(name: str) -> Iterator[None]:
    """Have a mutant at work while the block runs; "" is none."""
    with MUTANTS[name]():
        yield


@contextmanager
def _before(module: str, name: str, act: Callable[..., object]) -> Iterator[None]:
    """Let a function of a module be preceded by something that gets the function and its arguments."""
    place = importlib.import_module(module)
    function = getattr(place, name)

    def slower(*args: Any, **kwargs: Any) -> Any:
        act(function, args, kwargs)
        return function(*args, **kwargs)

    with mock.patch.object(place, name, slower):
        yield


def _twice(function: Callable[..., object], args: Any, kwargs: Any) -> None:
    for _ in range(2):
        function(*args, **kwargs)


def _spin(*_: object) -> None:
    sum(range(_SPINS))


@contextmanager
def _chatty() -> Iterator[None]:
    """Ask PostgreSQL for nothing, twice before each statement."""

    def heard(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (Django's)
        for _ in range(2):
            execute("SELECT 1", None, False, context)
        return execute(sql, values, many, context)

    with connection.execute_wrapper(heard):
        yield


@contextmanager
def _scanning() -> Iterator[None]:
    """Find rows without indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_INDEXES + _AGAIN)
    yield
    with connection.cursor() as cursor:
        cursor.execute(_WITH_INDEXES + _AGAIN)


MUTANTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "": nullcontext,
    "thrice": partial(_before, "catalog.selectors", "product_get", _twice),
    "unkept": partial(mock.patch, "shared.http.ready.questions.key_of", lambda _: None),
    "chatty": _chatty,
    "scanning": _scanning,
    "spinning": partial(_before, "catalog.selectors", "product_get", _spin),
}
