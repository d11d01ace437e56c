"""A whole system through its gateway: how long an order takes until it is settled, and how many a second it bears."""

import itertools
import json
import os
import time
import urllib.request
from typing import Any
from uuid import uuid4

from benchmarks import figures, machine
from benchmarks.results import Section, number
from benchmarks.stage import Stage
from benchmarks.turns import say
from devstack import demo, ephemeral

NAME = "settling"
STORES = ()
_PAUSE = 0.05
_WHERE = (
    "Where a hop's time goes (one hop traced, medians: 12.8 ms from the commit to the inbox on a busy machine, 5 on an"
    " idle one): the hint 0.4, reading the outbox 1.3, frames 0.4; RabbitMQ until the message is with the worker 6.5,"
    " as a quorum queue confirms and delivers what is on the disk, whose fdatasync takes 1.3 to 1.7 ms here; the pool's"
    " process 0.6, its pipe and the child's waking 1.2, the rest reading the event and writing the inbox's row. No gap"
    " looked like a timer's. The handler and its commit come on top, 2 to 4 ms; before and after the hops the request"
    " and the look of who waits."
)


def measure(stage: Stage) -> Section:
    """Buy one piece after the other, each only when the last is settled."""
    section = Section(name=NAME, title="An order until it is settled")
    os.sched_setaffinity(0, machine.all_cores())  # the system has the whole machine, as it would
    with ephemeral.system() as system:
        shopper = Shopper(system.gateway_url, system.password)
        for _ in range(10):
            shopper.buy()
        times = []
        for _ in range(30 if stage.quick else 200):
            times.append(1000 * shopper.buy())
            time.sleep(_PAUSE)
    say(f"    p50 {figures.percentile(times, 50):.1f} ms, p99 {figures.percentile(times, 99):.1f} ms")
    section.heads = ["milliseconds", "p50", "p90", "p99"]
    section.rows.append(["settled", *(number(figures.percentile(times, each)) for each in (50, 90, 99))])
    section.ratio("order settled, idle, p50, ms", figures.percentile(times, 50))
    section.ratio("order settled, idle, p99, ms", figures.percentile(times, 99))
    section.notes.append(
        "From sending the order to the answer that it is completed (`Prefer: wait`), through the gateway: four hops"
        " between three services, each with its outbox, relay, queue and worker."
    )
    section.notes.append(_WHERE)
    return section


class Shopper:
    """The demo customer.

    Args:
        url: the gateway.
        password: of the customer.
    """

    def __init__(self, url: str, password: str) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json", "Prefer": "wait=10"}
        login = {"email": demo.CUSTOMER, "password": password}
        self._headers["Authorization"] = f"Bearer {self._ask('/api/v2/auth/login/', login)['access']}"
        listed = self._ask("/api/v2/products/?in_stock=true&ordering=price&limit=10")["data"]
        self._products = itertools.cycle(each["id"] for each in listed[:4])

    def buy(self) -> float:
        """Buy a piece of the next cheap product; returns the seconds until it is settled, raises RuntimeError."""
        begun = time.monotonic()
        order = self._ask("/api/v2/orders/", {"items": [{"product_id": next(self._products), "quantity": 1}]})
        if order["status"] != "completed":
            raise RuntimeError(f"an order is {order['status']}: {order}")
        return time.monotonic() - begun

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = json.dumps(body).encode() if body else None
        headers = {**self._headers, "Idempotency-Key": str(uuid4())}
        request = urllib.request.Request(self._url + path, data=content, headers=headers)  # noqa: S310 (our own)
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (as above)
            found: dict[str, Any] = json.load(answer)
        return found
