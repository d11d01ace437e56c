"""A job of the stack: the services' databases and, on the embedded server, their roles. Can be repeated."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import conninfo, sql

from devstack import config

ROLES = config.ROOT / "k8s" / "backing" / "postgres.sql"
_LIBPQ = {"dbname": "database"}
#: What the user who may do everything has made (an earlier version's migrations) goes to the owner; extensions stay.
_ADOPT = """
DO $$ DECLARE found record; BEGIN
FOR found IN
  SELECT format('ALTER %s %s OWNER TO {owner}', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
                WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, c.oid::regclass) AS change
    FROM pg_class c
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
     AND c.relowner = current_user::regrole
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i', 'a'))
  UNION ALL
  SELECT format('ALTER ROUTINE %s OWNER TO {owner}', p.oid::regprocedure)
    FROM pg_proc p
   WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
LOOP EXECUTE found.change; END LOOP; END $$;
ALTER DATABASE {name} OWNER TO {owner};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
"""


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


def grant(*, url: str, psql: str) -> None:
    """Make databases and roles as everywhere (k8s/backing); the passwords are in the environment.

    Raises subprocess.CalledProcessError; psql has told why.
    """
    address = conninfo.conninfo_to_dict(url)
    # no secret in the arguments
    known = {f"PG{_LIBPQ.get(key, key).upper()}": str(value) for key, value in address.items()}
    command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(ROLES)]
    subprocess.run(command, env=os.environ | known, check=True)  # noqa: S603  (a fixed program)


def adopt(*, url: str, name: str) -> bool:
    """Give a database that a superuser made before there were roles to its owner; returns whether it was one."""
    with psycopg.connect(urlunsplit(urlsplit(url)._replace(path=f"/{name}")), connect_timeout=10) as connection:
        owner = "SELECT datdba = current_user::regrole FROM pg_database WHERE datname = current_database()"
        if connection.execute(owner).fetchone() != (True,):
            return False
        names = {"name": name, "owner": f"{name}_owner", "role": name}
        connection.execute(sql.SQL(_ADOPT).format(**{key: sql.Identifier(value) for key, value in names.items()}))
    return True


def main() -> int:
    """Do the job; returns the exit code."""
    url, psql = os.environ["MAINTENANCE_URL"], os.environ.get("PSQL")
    if not psql:
        made = create(url=url, names=config.SERVICES)
        sys.stdout.write(f"created: {', '.join(made) or 'none, all there'}\n")
        return 0
    grant(url=url, psql=psql)
    adopted = [name for name in config.SERVICES if adopt(url=url, name=name)]
    sys.stdout.write(f"databases and roles are there; of an earlier version: {', '.join(adopted) or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
