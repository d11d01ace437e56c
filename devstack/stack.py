"""One stack: its directories, ports, secrets, the addresses made of them, and the environment of its processes."""

import dataclasses
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from devstack import config as configuration
from devstack import files, ports, processes

#: variables of the user's shell that must not reach the stack's processes
_OWN = ("PLAZA_", "RABBITMQ_", "PG", "DJANGO_SETTINGS_MODULE", "PYTEST_", "COVERAGE_")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything that a part needs to know to write its own configuration."""

    config: configuration.Config
    ports: Mapping[str, int]
    passwords: Mapping[str, str]

    @property
    def run_dir(self) -> Path:
        """Where data, logs and state live."""
        return self.config.run_dir

    @property
    def logs(self) -> Path:
        """Where every part has one log file."""
        return self.run_dir / "logs"

    def log(self, *, name: str) -> Path:
        """Return the log file of a part."""
        return self.logs / f"{name}.log"

    def address(self, *, name: str) -> str:
        """Return host:port of a named port."""
        return f"{ports.LOOPBACK}:{self.ports[name]}"

    def is_given(self, *, part: str) -> bool:
        """Tell whether the user gave a server that stands for this part."""
        return any(configuration.SERVERS[name] == part for name in self.config.given_servers)

    @property
    def database_server_url(self) -> str:
        """The PostgreSQL server, without a database, for the user who may do everything."""
        given = self.config.given_servers.get("DATABASE_URL")
        if given:
            return urlunsplit(urlsplit(given)._replace(path=""))
        return f"postgresql://plaza:{self.passwords['postgres']}@{self.address(name='postgres')}"

    def database_url(self, *, name: str) -> str:
        """Return the address of one database on the server."""
        parts = urlsplit(self.database_server_url)
        return urlunsplit(parts._replace(path=f"/{name}"))

    def role_url(self, *, name: str, role: str) -> str:
        """Return the address of a service's database for one of its roles (k8s/backing/postgres.sql).

        A given server knows only the user it was given with.
        """
        if self.is_given(part="postgres"):
            return self.database_url(name=name)
        return f"postgresql://{role}:{self.role_password(role=role)}@{self.address(name='postgres')}/{name}"

    def role_password(self, *, role: str) -> str:
        """Return the password of a role in PostgreSQL."""
        return self.passwords[role.removeprefix("plaza_")]

    def audit_urls(self) -> dict[str, str]:
        """Return what `manage.py audit_across` reads, by the names of its variables, for a role that may only read."""
        names = configuration.SERVICES
        return {f"{name.upper()}_DATABASE_URL": self.role_url(name=name, role="plaza_audit") for name in names}

    @property
    def maintenance_url(self) -> str:
        """The database that is connected to in order to create the others."""
        given = self.config.given_servers.get("DATABASE_URL", "")
        path = urlsplit(given).path.strip("/")
        return self.database_url(name=path or "postgres")

    @property
    def broker_url(self) -> str:
        """RabbitMQ, virtual host /, for the user who may do everything."""
        given = self.config.given_servers.get("BROKER_URL")
        return given or f"amqp://plaza:{self.passwords['rabbitmq']}@{self.address(name='rabbitmq')}//"

    def service_broker_url(self, *, service: str) -> str:
        """RabbitMQ for a service's own account (devstack/accounts.py), if it is not given."""
        if self.is_given(part="rabbitmq"):
            return self.broker_url
        password = self.passwords[f"{service}_broker"]
        return f"amqp://{service}:{password}@{self.address(name='rabbitmq')}//"

    @property
    def cache_url(self) -> str:
        """Valkey, database 0."""
        given = self.config.given_servers.get("CACHE_URL")
        return given or f"redis://:{self.passwords['valkey']}@{self.address(name='valkey')}/0"

    @property
    def gateway_url(self) -> str:
        """The public address of the system."""
        return f"http://{ports.LOOPBACK}:{self.ports['gateway']}"

    def inherited(self) -> dict[str, str]:
        """Return the user's environment without what would confuse the stack's processes."""
        return clean(environ=os.environ, cache_dir=self.config.cache_dir)

    def common(self) -> dict[str, str]:
        """Return the environment of a service's tests: its settings, and the servers with every right."""
        return self.settings() | {"DATABASE_SERVER_URL": self.database_server_url, "BROKER_URL": self.broker_url}

    def settings(self) -> dict[str, str]:
        """Return the environment that every process of every service gets."""
        return {
            "CACHE_URL": self.cache_url,
            "SECRET_KEY": self.passwords["secret_key"],
            "FIELD_KEYS": self.passwords["field_key"],
            "FIELD_INDEX_KEY": self.passwords["field_index_key"],
            "JWKS_URL": f"http://{self.address(name='users.web')}/.well-known/jwks.json",
            "PUBLIC_URL": self.gateway_url,
            "DEBUG": "false",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "INFO",
            "PASSWORD_MEMORY_KIB": "8192",
            "LOGIN_RATE": "10000/min",
            "RATE_ANONYMOUS": "10000000/h",
            "RATE_USER": "10000000/h",
            "MAIL_DIR": str(self.run_dir / "mail"),
            "ORDER_TIMEOUT": "900",
            "SEED_PASSWORD": self.passwords["seed"],
        }


def clean(*, environ: Mapping[str, str], cache_dir: Path) -> dict[str, str]:
    """Return an environment without variables of other stacks and servers, this interpreter first in PATH.

    Where the user wants no bytecode beside the sources it goes to the cache: without any, every process of a
    start compiles all of Django again.
    """
    kept = {
        key: value
        for key, value in environ.items()
        if not key.startswith(_OWN) and key not in configuration.SERVERS and key != processes.MARK
    }
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = str(cache_dir / "bytecode")
    return kept | {"PYTHONUNBUFFERED": "1"}


def open_stack(*, config: configuration.Config) -> Stack:
    """Open the stack of a run directory, choosing ports and secrets at the first time.

    Raises DevstackError when a given port is in use. Call it only when the stack is not running.
    """
    (config.run_dir / "logs").mkdir(parents=True, exist_ok=True)
    config.run_dir.chmod(0o700)
    chosen = ports.assign(
        names=configuration.PORT_NAMES,
        given=config.given_ports,
        remembered=files.read(path=config.run_dir / "ports.json"),
        preferred=ports.PREFERRED if config.durable else {},
    )
    files.write(path=config.run_dir / "ports.json", content=chosen)
    return load_stack(config=config)


def load_stack(*, config: configuration.Config) -> Stack:
    """Load the stack of a run directory as it was opened last."""
    return Stack(
        config=config,
        ports=files.read(path=config.run_dir / "ports.json"),
        passwords=files.passwords(path=config.run_dir / "secrets.json"),
    )
