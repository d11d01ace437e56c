"""What holds in every suite: markers by folder, and no connections from unit tests."""

import socket

import pytest

KINDS = ("unit", "integration", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lives in."""
    for item in items:
        kind = next((part for part in reversed(item.path.parts) if part in KINDS), None)
        if kind is None:
            raise pytest.UsageError(f"{item.nodeid} must live in a folder named unit, integration or e2e")
        item.add_marker(kind)


@pytest.fixture(autouse=True)
def no_connections_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to connect anywhere in unit tests."""
    if request.node.get_closest_marker("unit"):

        def refuse(*_: object) -> None:
            raise RuntimeError("a unit test may not open a connection")

        monkeypatch.setattr(socket.socket, "connect", refuse)
