"""Telling a database that is away from a statement that failed."""

from django.db import DatabaseError, InterfaceError, OperationalError

# SQLSTATE classes and codes (PostgreSQL manual, appendix A) that say: the server or the connection is gone.
_GONE_CLASSES = ("08",)
_GONE_CODES = ("57P01", "57P02", "57P03", "53300")
# These clear up by themselves when the transaction is run again.
_TRANSIENT_CODES = ("40001", "40P01", "55P03")


def _sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE behind a Django database error, or None when the server said nothing."""
    return getattr(error.__cause__, "sqlstate", None)


def is_outage(error: BaseException) -> bool:
    """Return whether the error means that the database cannot be reached now."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    state = _sqlstate(error)
    return state is None or state in _GONE_CODES or state.startswith(_GONE_CLASSES)


def is_transient(error: BaseException) -> bool:
    """Return whether running the same transaction again at once makes sense (deadlock, lock not had in time)."""
    return isinstance(error, DatabaseError) and _sqlstate(error) in _TRANSIENT_CODES
