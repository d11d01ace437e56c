"""The database connection: Django's native pool for threads, or one lasting connection; never both."""

from typing import Any
from urllib.parse import unquote, urlparse

from shared.settings.environment import Environment

# A statement that runs longer is a defect, not patience.
_STATEMENT_MS = 30_000
_LOCK_MS = 10_000
_IDLE_IN_TRANSACTION_MS = 15_000
# The migrate process rather fails than lets requests queue behind a lock it waits for.
_MIGRATE_LOCK_MS = 2_000

_SERVING = "shared.db.postgres"
_EXPAND_CONTRACT = "shared.db.migrating"


def databases(env: Environment) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES for the environment's DATABASE_URL."""
    url = urlparse(str(env.database_url))
    lock_ms = _MIGRATE_LOCK_MS if env.migrate_safely else _LOCK_MS
    server_options = (
        f"-c statement_timeout={_STATEMENT_MS} -c lock_timeout={lock_ms}"
        f" -c idle_in_transaction_session_timeout={_IDLE_IN_TRANSACTION_MS}"
    )
    options: dict[str, Any] = {"connect_timeout": 3, "options": server_options}
    settings: dict[str, Any] = {
        "ENGINE": _EXPAND_CONTRACT if env.migrate_safely else _SERVING,
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or 5432),
        "OPTIONS": options,
        "TEST": {"NAME": unquote(url.path.lstrip("/")) + "_test"},
    }
    # After a restart of the database each connection would fail one request, if nobody looked whether it still lives.
    # With the pool our backend does so by itself; Django's own way would be a round trip.
    if env.database_pool_max:
        options["pool"] = {"min_size": 1, "max_size": env.database_pool_max, "timeout": 5}
    else:
        settings |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    return {"default": settings}
