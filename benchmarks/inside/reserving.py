"""Reserving stock inside catalog: many threads at a time, in one statement or line by line."""

import random
import threading
import time
import uuid
from typing import Any

from django.db import OperationalError, connection

from benchmarks.peers import line_by_line
from catalog import services

_KINDS = {"ours": services.stock_reserve, "line by line": line_by_line.stock_reserve}
_STOCK = 10**12


def emptied() -> None:
    """Forget all reservations, and have enough of everything."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reservation, reservation_line, events_outbox")
        cursor.execute("UPDATE product SET reserved = 0, on_hand = %s, is_active = true", [_STOCK])
        cursor.execute("VACUUM (ANALYZE) product")


def run(*, kind: str, clients: int, seconds: float, products: int, lines: int) -> dict[str, float]:
    """Reserve again and again; returns count, seconds, CPU seconds of this process, and deadlocks.

    Args:
        kind: ours, or line by line.
        clients: threads, each with a connection of its own.
        seconds: of the clock.
        products: orders are for any of so many products.
        lines: of each order.
    """
    crowd = Crowd(kind=kind, products=products, lines=lines)
    before, begun = time.process_time(), time.monotonic()
    crowd.work(clients=clients, until=begun + seconds)
    spent = time.monotonic() - begun
    return {
        "count": sum(crowd.done),
        "seconds": spent,
        "cpu": time.process_time() - before,
        "deadlocks": crowd.deadlocks,
    }


class Crowd:
    """Threads that reserve."""

    def __init__(self, *, kind: str, products: int, lines: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM product ORDER BY id LIMIT %s", [products])
            self._products = [row[0] for row in cursor.fetchall()]
        self._reserve, self._lines = _KINDS[kind], lines
        self.done: list[int] = []
        self.deadlocks = 0

    def work(self, *, clients: int, until: float) -> None:
        """Reserve until a moment of the monotonic clock."""
        threads = [threading.Thread(target=self._client, args=(until,)) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, until: float) -> None:
        count = 0
        while time.monotonic() < until:
            chosen: list[Any] = random.sample(self._products, self._lines)
            try:
                self._reserve(order_id=uuid.uuid4(), user_id=uuid.uuid4(), lines=[(each, 1) for each in chosen])
                count += 1
            except OperationalError as error:
                if "deadlock" not in str(error):
                    raise
                self.deadlocks += 1
        self.done.append(count)
        connection.close()
