"""Statements that are written in SQL and come with every order: prepared, once for each connection that repeats them.

PostgreSQL then parses and plans them once, and their values travel beside them instead of being quoted into them. For
statements whose best plan does not depend on their values (record 18); what the ORM says, and searches, are bound here.
"""

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


def cursor() -> CursorWrapper:
    """Return a cursor of Django's connection whose statements are prepared, once they have come a few times.

    Raises:
        django.db.Error: the database is away.
    """
    connection.ensure_connection()
    session = connection.connection
    usual, session.cursor_factory = session.cursor_factory, ServerBindingCursor
    try:
        return connection.cursor()
    finally:
        session.cursor_factory = usual
