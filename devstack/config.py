"""What the user decides about a stack: directories, given servers and given ports, read from the environment."""

import dataclasses
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from devstack import errors, ports

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("users", "catalog", "orders")
PROCESSES = ("web", "worker", "relay", "beat")
#: the variable that gives a server, and the part it stands for
SERVERS = {"DATABASE_URL": "postgres", "BROKER_URL": "rabbitmq", "CACHE_URL": "valkey"}
PORT_NAMES = (
    *("postgres", "rabbitmq", "rabbitmq.distribution", "rabbitmq.epmd", "rabbitmq.metrics", "valkey"),
    *("gateway", "gateway.admin", "prometheus", "alertmanager", "status"),
    *(f"{service}.web" for service in SERVICES),
    *(f"{service}.{process}.management" for service in SERVICES for process in PROCESSES),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Where a stack lives and what of it the user has given."""

    run_dir: Path
    cache_dir: Path
    given_servers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    given_ports: Mapping[str, int] = dataclasses.field(default_factory=dict)
    durable: bool = True
    """False for tests: PostgreSQL does not wait for the disk."""
    watched: bool = True
    """False for tests: no Prometheus, no Alertmanager, no status page."""
    shared_buffers: str = "128MB"
    """PostgreSQL's own cache; enough for a demonstration, too little to measure a million products with."""


def from_environment(*, environ: Mapping[str, str]) -> Config:
    """Read the configuration of the stack that `up` starts.

    Raises DevstackError naming every variable that cannot be used.
    """
    return Config(
        run_dir=Path(environ.get("PLAZA_RUN_DIR") or ROOT / ".run").resolve(),
        cache_dir=_cache_dir(environ=environ),
        given_servers={name: environ[name] for name in SERVERS if environ.get(name)},
        given_ports=_given_ports(environ=environ),
        shared_buffers=_shared_buffers(environ=environ),
    )


def temporary(*, environ: Mapping[str, str], watched: bool = False) -> Config:
    """Make the configuration of a stack for one test run: a new directory, free ports, nothing durable."""
    return Config(
        run_dir=Path(tempfile.mkdtemp(prefix="plaza-")),
        cache_dir=_cache_dir(environ=environ),
        durable=False,
        watched=watched,
        shared_buffers=_shared_buffers(environ=environ),
    )


def _cache_dir(*, environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PLAZA_CACHE_DIR") or ROOT / ".cache" / "devstack").resolve()


def _shared_buffers(*, environ: Mapping[str, str]) -> str:
    value = environ.get("PLAZA_SHARED_BUFFERS") or Config.shared_buffers
    if not re.fullmatch(r"[1-9][0-9]*(kB|MB|GB)", value):
        raise errors.DevstackError(
            f"not a size: PLAZA_SHARED_BUFFERS={value}",
            why="PostgreSQL takes a number and kB, MB or GB",
            remedy="correct it",
        )
    return value


def _given_ports(*, environ: Mapping[str, str]) -> dict[str, int]:
    given: dict[str, int] = {}
    wrong: list[str] = []
    for name in PORT_NAMES:
        variable = ports.variable(name=name)
        value = environ.get(variable, "")
        if value and not (value.isdecimal() and 0 < int(value) < 65536):  # noqa: PLR2004  (16 bits)
            wrong.append(f"{variable}={value}")
        elif value:
            given[name] = int(value)
    if wrong:
        raise errors.DevstackError(
            "not a port: " + ", ".join(wrong), why="a port is a number from 1 to 65535", remedy="correct it"
        )
    return given
