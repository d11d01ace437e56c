"""Fixtures of this suite: handlers of made-up contracts, and what they have seen."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from kombu import Connection
from kombu.transport.base import StdChannel
from market import Made, Market, copies, from_zero

from shared import logging as logs
from shared.events import registry, topology
from shared.events.contracts import Contract
from shared.testing.plugin import *  # noqa: F403 (the fixtures of every Django suite)


class Greeted(Contract, type="shared.greeted.v1", subject="guest_id"):
    """A made-up event."""

    guest_id: UUID
    word: str = "hello"


class Effects(list[str]):
    """What the handler of Greeted did; `before` runs ahead of it and may raise."""

    before: Callable[[Greeted], None]


@pytest.fixture
def effects() -> Iterator[Effects]:
    """Register a handler of Greeted for the test."""
    seen = Effects()
    seen.before = lambda _event: None

    def on_greeted(event: Greeted, context: registry.Context) -> None:
        seen.before(event)
        seen.append(f"{event.word} {context.attempt}")

    registry.handles(Greeted)(on_greeted)
    yield seen
    registry._handlers.pop(Greeted.TYPE)
    registry._retries.pop(Greeted.TYPE)


@pytest.fixture
def channel(effects: Effects) -> Iterator[StdChannel]:
    """A channel to the broker, on which the service's queues are empty."""
    topology.declare()
    with Connection(settings.BROKER_URL) as broker:
        opened = broker.channel()
        for name in ("shared.events", "shared.dead"):
            opened.queue_purge(name)
        yield opened
        for name in ("shared.events", "shared.dead"):
            opened.queue_delete(name)


@pytest.fixture(scope="session")
def migrated(django_db_setup: None) -> Iterator[dict[str, Made]]:
    """Three databases with the services' tables, by service, and how migrating from zero went; nobody writes there."""
    with from_zero() as made:
        yield made


@pytest.fixture(scope="module")
def databases(migrated: dict[str, Made]) -> Iterator[dict[str, str]]:
    """The addresses of three databases with the services' tables, by service; they go with the module."""
    with copies(migrated) as addresses:
        yield addresses


@pytest.fixture
def market(databases: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    """Three empty databases whose addresses the environment tells, and verbs to fill them."""
    for service, place in databases.items():
        monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", place)
    made = Market(databases)
    made.empty()
    yield made
    made.close()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[Callable[[], Any]], list[dict[str, Any]]]]:
    """A function that does something and returns the lines it logged."""
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = root.handlers[:]

    def of(act: Callable[[], Any]) -> list[dict[str, Any]]:
        logs.configure(level="INFO")
        act()
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    yield of
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
