"""The three services, started once for all tests of this suite."""

from collections.abc import Callable, Iterator

import databases
import pytest
import shop


@pytest.fixture(scope="session")
def plaza() -> Iterator[shop.Plaza]:
    """The running services, each on a database of its own."""
    databases.ready()
    running = shop.open_plaza()
    yield running
    for process in running.processes.values():
        process.stop()
    for database in running.databases.values():
        database.close()


@pytest.fixture
def broken(plaza: shop.Plaza) -> Iterator[Callable[[str, str], None]]:
    """Break a rule of a service (`service/mutants*.py`) until the test ends: broken("users", "no_inbox")."""
    changed = []

    def break_rule(service: str, name: str) -> None:
        plaza.processes[service].ask("mutate", name=name)
        changed.append(service)

    yield break_rule
    for service in changed:
        plaza.processes[service].ask("heal")
