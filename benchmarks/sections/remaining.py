"""What stays in memory: web, worker and relay after thousands of requests and events, and whether it grows."""

from collections.abc import Callable

from benchmarks import machine, queues
from benchmarks.results import Section, number
from benchmarks.rooms import inside
from benchmarks.sections import reads
from benchmarks.stage import Server, Stage
from benchmarks.turns import say
from benchmarks.wrk import Load, run

NAME = "remaining"
STORES = ("postgres", "rabbitmq", "valkey")
_STEPS = (2_000, 10_000)
_WHERE = (
    "Where the relay's 79 MiB are: Python 9; asyncio and ssl, which Django loads, 11; psycopg with libpq and OpenSSL"
    " 15; Django's models 12; pydantic and the settings 9; redis 4, kombu and amqp 6, prometheus_client 1; apps,"
    " models and handlers 6; connections and a batch of 500 events 6. So 70 MiB takes a relay without Django. Tried:"
    " giving memory back to the system (malloc_trim) 1.5 less, tracebacks without columns 0.6 less, glibc's malloc 1.5"
    " more."
)


def measure(stage: Stage) -> Section:
    """Measure each process after the first thousands and after ten thousand."""
    stage.migrate("catalog")
    slug = reads.loaded(stage)
    section = Section(name=NAME, title="Memory of a process")
    section.heads = ["MiB, the largest process", *(f"after {step:,}" for step in _STEPS)]
    with inside(stage, "catalog", "customers") as customers:
        stage.trust(customers("jwks"))
    with stage.web("catalog", WEB_THREADS="16", DATABASE_POOL_MAX="16") as server:
        _grown(section, "web worker", lambda: machine.largest_mb(server.pid), _reading(server, slug))
    with stage.background("catalog", "worker", WORKER_PROCESSES="2") as pid:
        _grown(section, "worker", lambda: machine.largest_mb(pid), _handling(stage, pid))
    with stage.background("catalog", "relay") as pid:
        _grown(section, "relay", lambda: machine.largest_mb(pid), _publishing(stage))
    section.notes.append("Resident set sizes, with what the process shares with its parent. The relay's are events.")
    section.notes.append(_WHERE)
    return section


def _grown(section: Section, name: str, look: Callable[[], float], work: Callable[[int], None]) -> None:
    """Work in steps and look after each."""
    found, done = [], 0
    for step in _STEPS:
        work(step - done)
        done = step
        found.append(look())
        say(f"    {name} after {step:,}: {found[-1]:.0f} MiB")
    section.rows.append([name, *map(number, found)])
    section.ratio(f"{name}, MiB after 10,000", found[-1])
    section.ratio(f"{name}, growth from 2,000 to 10,000", found[-1] / found[0])


def _reading(server: Server, slug: str) -> Callable[[int], None]:
    """Return what asks for uncached details."""
    load = Load(url=f"{server.url}/api/v2/products/{slug}/", headers={"API-Version": "v2"})

    def work(count: int) -> None:
        done = 0.0
        while done < count:
            done += run(load, seconds=3, server=[server.pid]).count

    return work


def _handling(stage: Stage, pid: int) -> Callable[[int], None]:
    """Return what lets the worker handle events."""

    def work(count: int) -> None:
        with inside(stage, "catalog", "relaying") as catalog, queues.channel(stage.stores.broker_url) as opened:
            catalog("registrations", count=count, task="plaza.deliver", exchange="plaza.events", key="catalog.retry")
            queues.drained(opened, "catalog.events", pid=pid)

    return work


def _publishing(stage: Stage) -> Callable[[int], None]:
    """Return what lets the relay publish events."""

    def work(count: int) -> None:
        with inside(stage, "catalog", "relaying") as catalog:
            catalog("filled", count=count)
            catalog("awaited")

    return work
