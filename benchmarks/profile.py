"""`make profile WHAT=web|worker|relay [S=orders] [OUT=file.svg]`: a flame graph of one process under a load of its own.

py-spy starts the process, so that it may look into it without further rights, and samples it with its children.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from benchmarks import wrk
from benchmarks.rooms import Broken, inside
from benchmarks.sections import placing, reads
from benchmarks.stage import NotStarted, Stage, opened, program
from benchmarks.turns import say
from devstack import config

_SECONDS = 20
_EVENTS = 3000
_REST = 1.0  # seconds until there is more
_PATIENCE = 10
Load = Callable[[], None]


def main() -> int:
    """Read the command line, run the load, write the graph; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.profile", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["web", "worker", "relay"])
    parser.add_argument("--service", choices=["catalog", "orders"], default="orders")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seconds", type=int, default=_SECONDS)
    options = parser.parse_args()
    out: Path = options.out or config.ROOT / ".run" / "profile" / f"{options.service}-{options.what}.svg"
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists() and not out.is_file():  # never to be removed
        parser.error(f"OUT={out}: This is no file. Name the SVG file to write, such as .run/profile/web.svg.")
    out.unlink(missing_ok=True)
    with opened(quick=True, rounds=1, rows=0) as stage:
        stage.migrate(*{"catalog", options.service})  # whose queue takes what is published
        sampled = ["--rate", "200", "--subprocesses", "--nonblocking", "--duration", str(options.seconds)]
        command = [program("py-spy"), "record", *sampled, "--format", "flamegraph", "--output", str(out), "--"]
        stage.under(f"{options.service}.{options.what}", *command)
        with {"web": _asked, "worker": _handled, "relay": _published}[options.what](stage, options.service) as load:
            _worked(load, out, options.seconds)
        if not out.exists():
            say(stage.tail(f"{options.service}.{options.what}"))
            return 1
    say(f"{out}: {out.stat().st_size / 1024:.0f} KiB")
    return 0


def _worked(load: Load, out: Path, seconds: int) -> None:
    """Load until the graph is there: py-spy ends what it has started when its time is over."""
    deadline = time.monotonic() + _PATIENCE * seconds
    while not out.exists() and time.monotonic() < deadline:
        with suppress(wrk.WrongAnswers, NotStarted, Broken, TimeoutError):  # in the middle of which the process ends
            load()


@contextmanager
def _asked(stage: Stage, service: str) -> Iterator[Load]:
    """Place orders, or ask for uncached products."""
    if service == "orders":
        with inside(stage, service, "placing") as orders:
            stage.trust(orders("jwks"))
            tokens, body = placing.tokens_file(stage, orders), placing.body_file(stage, orders, 3)
        with stage.web(service) as server:
            place = placing.placing(stage, server, tokens, body)
            yield lambda: _again(stage, place)
    else:
        slug = reads.loaded(stage)
        with stage.web(service) as server:
            asked = wrk.Load(url=f"{server.url}/api/v2/products/{slug}/", headers={"API-Version": "v2"})
            yield lambda: _asked_again(asked, server.pid)


@contextmanager
def _handled(stage: Stage, service: str) -> Iterator[Load]:
    """Handle registrations."""
    with inside(stage, service, "relaying") as module, stage.background(service, "worker", WORKER_PROCESSES="1"):
        key = f"{service}.retry"
        fill = partial(module, "registrations", task="plaza.deliver", exchange="plaza.events", key=key)

        def load() -> None:
            fill(count=_EVENTS)
            time.sleep(_REST)

        yield load


@contextmanager
def _published(stage: Stage, service: str) -> Iterator[Load]:
    """Publish the outbox."""
    with inside(stage, service, "relaying") as module, stage.background(service, "relay"):

        def load() -> None:
            module("filled", count=_EVENTS)
            time.sleep(_REST)

        yield load


def _again(stage: Stage, place: Callable[[], object]) -> None:
    stage.execute("orders", placing.EMPTY)
    place()


def _asked_again(asked: wrk.Load, pid: int) -> None:
    wrk.run(asked, seconds=2, server=[pid])


if __name__ == "__main__":
    sys.exit(main())
