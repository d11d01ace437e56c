"""A probe of a web thread keeps no database connection: once broken, it would fail every later probe there."""

import pytest
from django.db import connection

from shared.health.wsgi import Service

pytestmark = pytest.mark.django_db(transaction=True)

PORT = "9001"


@pytest.fixture
def probe(monkeypatch):
    """Ask the management port of a web process, in this thread and past the two seconds that an answer is kept."""
    monkeypatch.setenv("MANAGEMENT_BIND", f"127.0.0.1:{PORT}")
    monkeypatch.setattr("shared.health.checks._FRESH_SECONDS", 0)
    application = Service(lambda *_: [b"api"])

    def ask(path):
        answered = []
        application({"SERVER_PORT": PORT, "PATH_INFO": path}, lambda status, _: answered.append(status))
        return answered[0]

    yield ask
    connection.close()


@pytest.mark.parametrize("path", ["/readyz", "/startupz", "/health/"])
def test_a_probe_gives_its_connection_back(probe, path):
    connection.close()

    assert probe(path) == "200 OK"

    assert connection.connection is None


def test_a_web_without_traffic_is_ready_again_after_the_database_was_away(probe):
    assert probe("/readyz") == "200 OK"
    if connection.connection is not None:
        connection.connection.close()  # as a restarted server leaves it

    assert probe("/readyz") == "200 OK"
