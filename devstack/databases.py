"""A job of the stack: create the services' databases on the server where they do not exist yet."""

import os
import sys

import psycopg
from psycopg import sql

from devstack import config


def create(*, url: str, names: tuple[str, ...]) -> list[str]:
    """Create the missing databases and return their names.

    url connects to an existing database of the server, as a user who may create databases.
    """
    created = []
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        existing = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for name in names:
            if name not in existing:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                created.append(name)
    return created


if __name__ == "__main__":
    made = create(url=os.environ["MAINTENANCE_URL"], names=config.SERVICES)
    sys.stdout.write(f"created: {', '.join(made) or 'none, all there'}\n")
