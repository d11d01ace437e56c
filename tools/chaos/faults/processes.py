"""F1 and F2: processes are killed, in the middle of their work too, or stand still for a while."""

import contextlib
import time
from collections.abc import Callable, Iterator

import psutil
import psycopg

from devstack import config, processes
from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Missed, Stage, dice

_WORKERS = tuple(f"{service}.worker" for service in config.SERVICES)
_RELAYS = tuple(f"{service}.relay" for service in config.SERVICES)
_WEBS = tuple(f"{service}.web" for service in config.SERVICES)
_MIDDLE_SECONDS = 1.5

CARDS = (
    Card(family="F1", name="kill worker", targets=_WORKERS, quick=True),
    Card(family="F1", name="kill worker's child", targets=_WORKERS, quick=True),
    Card(family="F1", name="kill worker at work", targets=_WORKERS, quick=True),
    Card(family="F1", name="kill relay", targets=_RELAYS, quick=True),
    Card(family="F1", name="kill gunicorn's worker", targets=_WEBS, quick=True),
    Card(family="F1", name="kill gunicorn's master", targets=_WEBS, quick=True),
    Card(family="F2", name="freeze", targets=(*_WORKERS, *_RELAYS, *_WEBS), shortest=3, longest=8),
)


@contextlib.contextmanager
def kill(stage: Stage, strike: Strike) -> Iterator[None]:
    """Kill a part with all its children."""
    stage.pid(strike.target)
    stage.system.kill(strike.target)
    yield
    stage.system.wait_ready(strike.target)


@contextlib.contextmanager
def kill_child(stage: Stage, strike: Strike) -> Iterator[None]:
    """Kill one process of those that a part has forked; its parent forks another."""
    victim = dice(strike).choice(stage.children(strike.target))
    with contextlib.suppress(psutil.Error):
        victim.kill()
    yield
    stage.system.wait_ready(strike.target)


@contextlib.contextmanager
def kill_master(stage: Stage, strike: Strike) -> Iterator[None]:
    """Kill only the first process of a part: its children find themselves without a parent."""
    processes.signal_one(pid=stage.pid(strike.target), number=9)
    yield
    stage.system.wait_ready(strike.target)


@contextlib.contextmanager
def kill_at_work(stage: Stage, strike: Strike) -> Iterator[None]:
    """Kill a worker while every child of it is in the middle of a transaction that waits for the inbox."""
    service = strike.target.partition(".")[0]
    stage.pid(strike.target)
    try:
        with psycopg.connect(stage.system.database_url(service), connect_timeout=2) as connection:
            connection.execute("LOCK TABLE events_inbox IN ACCESS EXCLUSIVE MODE")
            time.sleep(_MIDDLE_SECONDS)
            stage.system.kill(strike.target)
    except psycopg.Error as away:
        raise Missed(f"the database of {service} is away") from away
    yield
    stage.system.wait_ready(strike.target)


@contextlib.contextmanager
def freeze(stage: Stage, strike: Strike) -> Iterator[None]:
    """Stop a part with SIGSTOP, and let it go on later with all that it remembers."""
    stage.pid(strike.target)
    stage.system.pause(strike.target)
    try:
        yield
    finally:
        stage.system.resume(strike.target)
    stage.system.wait_ready(strike.target)


ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = {
    "kill worker": kill,
    "kill relay": kill,
    "kill worker's child": kill_child,
    "kill gunicorn's worker": kill_child,
    "kill gunicorn's master": kill_master,
    "kill worker at work": kill_at_work,
    "freeze": freeze,
}
