"""F4: PostgreSQL is restarted, politely or not, loses all its clients, or somebody holds a lock for long."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator

import psycopg
from psycopg import sql

from devstack import processes
from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Missed, Stage

_SERVER = ("postgres",)
_GONE_SECONDS = 10.0

CARDS = (
    Card(family="F4", name="restart database fast", targets=_SERVER),
    Card(family="F4", name="restart database at once", targets=_SERVER),
    Card(family="F4", name="disconnect all from database", targets=_SERVER),
    Card(
        family="F4",
        name="lock table",
        targets=("orders.orders", "catalog.product", "users.wallets", "orders.events_outbox"),
        shortest=5,
        longest=10,
    ),
)


def _restarted(number: int) -> Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]:
    @contextlib.contextmanager
    def restart(stage: Stage, strike: Strike) -> Iterator[None]:
        """Send the server a signal that ends it, and wait until the supervisor has started it again."""
        pid = stage.pid(strike.target)
        processes.signal_one(pid=pid, number=number)
        yield
        deadline = time.monotonic() + _GONE_SECONDS
        while stage.system.status(strike.target)["pid"] == pid and time.monotonic() < deadline:
            time.sleep(0.05)
        stage.system.wait_ready(strike.target)

    return restart


@contextlib.contextmanager
def disconnect(stage: Stage, strike: Strike) -> Iterator[None]:
    """End every connection to the server, whoever's it is."""
    del strike
    with _connected(stage.system.database_url("postgres")) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    yield


@contextlib.contextmanager
def lock(stage: Stage, strike: Strike) -> Iterator[None]:
    """Hold a table so that nobody can even read it."""
    service, _, table = strike.target.partition(".")
    with _connected(stage.system.database_url(service)) as connection, contextlib.suppress(psycopg.OperationalError):
        connection.execute("SET lock_timeout = '5s'")
        with connection.transaction():
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
            yield


@contextlib.contextmanager
def _connected(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as away:
        raise Missed("the database is away") from away
    with connection:
        yield connection


ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = {
    "restart database fast": _restarted(signal.SIGINT),
    "restart database at once": _restarted(signal.SIGQUIT),
    "disconnect all from database": disconnect,
    "lock table": lock,
}
