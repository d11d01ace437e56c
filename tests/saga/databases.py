"""Three databases, one for each service, at their newest migration; kept between runs while no migration changes."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).parents[2]
SERVICES = ("users", "catalog", "orders")
_FAST = "SET synchronous_commit = off"  # nothing here survives its server, so no commit waits for the disk


def address(service: str) -> str:
    """Return the address of a service's database on the server that DATABASE_SERVER_URL names."""
    return f"{os.environ['DATABASE_SERVER_URL']}/saga_{service}"


def environment(service: str) -> Mapping[str, str]:
    """Return the environment of a service's processes."""
    return {
        **os.environ,
        "DATABASE_URL": address(service),
        "DJANGO_SETTINGS_MODULE": f"{service}.settings",
        "LOG_LEVEL": "ERROR",
    }


def ready() -> None:
    """Create the databases that are missing or have other migrations than the code."""
    with psycopg.connect(f"{os.environ['DATABASE_SERVER_URL']}/postgres", autocommit=True) as server:
        stale = [service for service in SERVICES if _known(server, service) != _wanted(service)]
        for service in stale:
            name = sql.Identifier(f"saga_{service}")
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            server.execute(sql.SQL("CREATE DATABASE {}").format(name))
            server.execute(sql.SQL("ALTER DATABASE {} " + _FAST).format(name))
        with ThreadPoolExecutor(len(SERVICES)) as pool:
            list(pool.map(_migrate, stale))
        for service in stale:
            comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
            server.execute(comment.format(sql.Identifier(f"saga_{service}"), _wanted(service)))


def _known(server: psycopg.Connection, service: str) -> str | None:
    """Return what the database says about its migrations."""
    question = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    row = server.execute(question, [f"saga_{service}"]).fetchone()
    return row[0] if row else None


def _wanted(service: str) -> str:
    """Return what identifies the migrations in the code."""
    folders = (ROOT / "services" / service / service, ROOT / "shared" / "shared")
    files = sorted(path for folder in folders for path in folder.rglob("migrations/*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _migrate(service: str) -> None:
    """Run the service's migrations."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT / "services" / service,
        env=environment(service),
        check=True,
    )


class Database:
    """A database as the tests look into it: beside the service's process, never through it."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._connection = psycopg.connect(address(service), autocommit=True, prepare_threshold=1)
        found = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        self._tables = sorted({name for (name,) in found} - {"django_migrations"})

    def rows(self, statement: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        """Run a statement and return its rows."""
        cursor = self._connection.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []

    def clear(self) -> None:
        """Delete all rows."""
        filled = [name for name in self._tables if self.rows(f'SELECT EXISTS (SELECT FROM "{name}")')[0][0]]
        if filled:
            self.rows("TRUNCATE " + ", ".join(f'"{name}"' for name in filled) + " CASCADE")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
