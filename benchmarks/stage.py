"""Where measurements take place: stores of one's own, services as in production, peers, all ended with the block."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import asking, keys, machine, rooms
from devstack import config, ephemeral, ports, processes
from devstack.parts import service
from devstack.stack import Stack
from tools import apart

_START_SECONDS, _STOP_SECONDS = 60.0, 30.0
_THREADS = "4"
_TRIES = 10
_NOT_YET = 503


class NotStarted(RuntimeError):
    """A process of the stage ended or did not answer in time."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running HTTP server."""

    url: str
    pid: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The stores, and how to start what is measured on them."""

    stores: Stack
    quick: bool
    rounds: int
    """How often each pair takes turns."""
    rows: int = 1_000_000
    """Of the largest tables."""
    mutant: str = ""
    """A deliberate slowdown at work, of `benchmarks.inside.mutants`."""
    keys_url: str = ""
    _known: dict[str, Any] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        """A directory that goes with the stage."""
        return self.stores.run_dir

    def database(self, name: str) -> str:
        """Return the URL of a service's database."""
        return self.stores.database_url(name=name)

    def postgres_pid(self) -> int:
        """Return the process id of the database server, whose children do its work."""
        return int((self.stores.run_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def environment(self, name: str) -> dict[str, str]:
        """Return what a service's processes are given: as in the local stack, without rate limits, with every right."""
        own = {"JWKS_URL": self.keys_url, "RATE_USER": "off", "RATE_ANONYMOUS": "off"}
        own |= {"DATABASE_URL": self.database(name), "BROKER_URL": self.stores.broker_url}
        own |= {"DJANGO_SETTINGS_MODULE": f"{name}.settings", "PYTHONPATH": str(config.ROOT)}
        return service.environment(stack=self.stores, service=name) | own

    def trust(self, document: Any) -> None:
        """Give out this key set to services from now on."""
        self._known["jwks"] = document

    def migrate(self, *names: str) -> None:
        """Make the tables and queues of services."""
        for name in names:
            if name not in self._known:
                with rooms.inside(self, name, "tables") as tables:
                    tables("prepare")
                self._known[name] = True

    @contextmanager
    def web(self, name: str, kind: str = "web", **settings: str) -> Iterator[Server]:
        """Run a service's web process by gunicorn as in production, with one worker of four threads.

        Args:
            name: the service.
            kind: a name for this one beside others of the service.
            settings: environment variables.
        """
        own = {"WEB_WORKERS": "1", "WEB_THREADS": _THREADS, "DATABASE_POOL_MAX": _THREADS, **settings}
        metrics = self.scratch / "metrics" / f"{name}.{kind}"
        own |= {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        with self.listening(f"{name}.{kind}", _launch("web"), self.environment(name) | own, bind="WEB_BIND") as server:
            yield server

    @contextmanager
    def background(self, name: str, kind: str, **settings: str) -> Iterator[int]:
        """Run a worker or relay of a service; yields its process id when it is ready."""
        port = _free_port()
        own = {"MANAGEMENT_BIND": f"{ports.LOOPBACK}:{port}", **settings}
        if kind == "worker":
            own["PROMETHEUS_MULTIPROC_DIR"] = str(self.scratch / "metrics" / f"{name}.{kind}")
        log = f"{name}.{kind}"
        with self.process(log, _launch(kind), self.environment(name) | own) as process:
            self._until_open(port, process, log)
            yield process.pid

    @contextmanager
    def running(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
        """Run a process on the server's cores; yields its id."""
        with self.process(name, command, environment) as process:
            yield process.pid

    @contextmanager
    def peer(self, name: str, *command: str, **settings: str) -> Iterator[Server]:
        """Run an HTTP server of the peers' virtualenv; PORT in the command and settings stands for its port."""
        port = str(_free_port())
        filled = [program(command[0]), *(part.replace("PORT", port) for part in command[1:])]
        own = {"PYTHONPATH": str(config.ROOT), **settings}
        with self.listening(name, filled, self.stores.inherited() | own, port=int(port)) as server:
            yield server

    @contextmanager
    def listening(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, bind: str = "", port: int = 0
    ) -> Iterator[Server]:
        """Run an HTTP server on the server's cores until it listens; `bind` is the variable that says where."""
        port = port or _free_port()
        address = f"{ports.LOOPBACK}:{port}"
        own = {bind: address} if bind else {}
        with self.process(name, command, {**environment, **own}) as process:
            self._until_open(port, process, name)
            yield Server(url=f"http://{address}", pid=process.pid)

    @contextmanager
    def process(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, cores: set[int] | None = None
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a process with a log of its own, on the server's cores unless others are given."""
        with self.stores.log(name=name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 (our own commands)
                processes.bound(command=[*self._known.get(f"under {name}", ()), *command]),
                cwd=config.ROOT,
                env={**environment, processes.MARK: str(self.stores.run_dir)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        os.sched_setaffinity(process.pid, cores or machine.server_cores())
        try:
            yield process
        finally:
            _end(process)

    def answer(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Ask until there is an answer, with the patience that a server needs which has just begun to listen.

        Returns:
            The body.

        Raises:
            NotStarted: it is refused.
        """
        deadline = time.monotonic() + _START_SECONDS
        status, body = asking.get(url, headers)
        while status == _NOT_YET and time.monotonic() < deadline:
            time.sleep(1)
            status, body = asking.get(url, headers)
        if status not in {200, 304}:
            raise NotStarted(f"{url}: {status} {body[:500]!r}")
        return body

    def under(self, name: str, *command: str) -> None:
        """Run the process with this log under another program from now on.

        Args:
            name: of the log.
            command: the program with its arguments, before those of the process.
        """
        self._known[f"under {name}"] = command

    def free_address(self) -> str:
        """Return an address on loopback where nobody listens."""
        return f"{ports.LOOPBACK}:{_free_port()}"

    def tail(self, name: str) -> str:
        """Return the end of a log."""
        return self.stores.log(name=name).read_text(encoding="utf-8", errors="replace")[-2000:]

    def execute(self, name: str, *statements: str) -> None:
        """Execute statements in a service's database, each by itself; again when what still runs is in the way."""
        with psycopg.connect(self.database(name), autocommit=True) as connection:
            for statement in statements:
                for left in reversed(range(_TRIES)):
                    try:
                        connection.execute(statement.encode())
                        break
                    except psycopg.errors.DeadlockDetected:
                        if not left:
                            raise

    def asked(self, name: str, query: str) -> str:
        """Return the first value of a query in a service's database as text."""
        with psycopg.connect(self.database(name)) as connection:
            row = connection.execute(query.encode()).fetchone()
        return str(row[0]) if row else ""

    def _until_open(self, port: int, process: "subprocess.Popen[bytes]", name: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((ports.LOOPBACK, port)) == 0:
                    return
            time.sleep(0.05)
        raise NotStarted(f"{name}: {self.tail(name)}")


@contextmanager
def opened(
    *,
    quick: bool,
    rounds: int,
    rows: int,
    mutant: str = "",
    names: Sequence[str] = ("postgres", "rabbitmq", "valkey"),
) -> Iterator[Stage]:
    """Run stores on the other cores, and give out keys, while the block runs; the arguments are those of a Stage."""
    os.environ.setdefault("PLAZA_SHARED_BUFFERS", "256MB" if quick else "1GB")
    os.sched_setaffinity(0, machine.other_cores())
    documents: dict[str, Any] = {}
    with ephemeral.stores(names=names) as stores, keys.served(documents) as url:
        yield Stage(
            stores=stores,
            quick=quick,
            rounds=rounds,
            rows=rows,
            mutant=mutant,
            keys_url=url,
            _known=documents,
        )


def program(name: str) -> str:
    """Return a program of the peers' virtualenv, which is made at the first call."""
    return str(apart.program(lock="bench", name=name))


def _launch(process: str) -> list[str]:
    """Return what containers run too."""
    return [sys.executable, "-m", "shared.launch", process]


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    return ports.assign(names=["it"], given={}, remembered={}, preferred={})["it"]
