"""What the connection pool of this process is doing, as metrics."""

from django.db import connection

from shared import metrics


def measure() -> None:
    """Set the gauges of the pool; a process without one has none."""
    pool = getattr(connection, "pool", None)
    if pool is None:
        return
    stats = pool.get_stats()
    size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
    states = {"used": size - idle, "idle": idle, "most": pool.max_size, "waiting": stats.get("requests_waiting", 0)}
    for state, count in states.items():
        metrics.POOL.labels(state=state).set(count)
