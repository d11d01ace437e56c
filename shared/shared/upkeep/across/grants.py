"""Who may look across the services: a role that reads the few tables of each which the laws are about."""

from django.db import connection, transaction

from shared.upkeep import tables
from shared.upkeep.across import snapshots

ROLE = "plaza_audit"
"""Made with the databases (k8s/backing/postgres.sql)."""


def grant(*, service: str) -> tuple[str, ...]:
    """Let the role read what `snapshots` reads of a service.

    Args:
        service: whose database this is; of another than the three nothing is read.

    Returns:
        The tables; none when the server has no such role.

    Raises:
        django.db.Error: this user does not own the tables.
    """
    wanted = snapshots.TABLES.get(service, ())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [ROLE])
        if not wanted or not cursor.fetchone()[0]:
            return ()
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLE}")
        cursor.execute(f"GRANT SELECT ON {tables.quoted(*wanted)} TO {ROLE}")
    return wanted
