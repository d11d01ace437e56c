"""The system's first user: seeds the demo data and places one order through the gateway."""

import contextlib
import dataclasses
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from concurrent import futures
from typing import Any

from devstack import config, errors
from devstack import stack as stacks
from devstack.parts import service

STAFF, CUSTOMER = "admin@plaza.example", "demo@plaza.example"
SEED_SECONDS = 120
SETTLE_SECONDS = 30
FINAL = {"completed", "cancelled"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """What became of an order: its answer, and the seconds from asking to the final state."""

    body: dict[str, Any]
    seconds: float


def seed(*, stack: stacks.Stack) -> None:
    """Run every service's `seed`, at the same time.

    Raises DevstackError with the output of the one that failed.
    """
    with futures.ThreadPoolExecutor() as pool:
        for outcome in [pool.submit(_seed, stack=stack, name=name) for name in config.SERVICES]:
            outcome.result()


def _seed(*, stack: stacks.Stack, name: str) -> None:
    environment = service.environment(stack=stack, service=name)
    log = stack.log(name=f"{name}.seed")
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "manage.py", "seed"],
            cwd=config.ROOT / "services" / name,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=SEED_SECONDS,
            check=False,
        )
    if done.returncode:
        what = f"{name}: the demo data could not be seeded"
        raise errors.DevstackError(what, why=f"exit code {done.returncode}", remedy="read its log", log=log)


def first_order(*, url: str, password: str) -> Order:
    """Log in as the demo customer, buy the cheapest product in stock, and wait until the order is settled.

    Raises DevstackError when a request fails or the order is not final in time.
    """
    login = _ask(url=url, path="/api/v2/auth/login/", body={"email": CUSTOMER, "password": password})
    products = _ask(url=url, path="/api/v2/products/?in_stock=true&ordering=price&limit=1")["data"]
    if not products:
        raise errors.DevstackError("no product is in stock", why="everything is sold", remedy="`make reset`, `make up`")
    begun = time.monotonic()
    lines = {"items": [{"product_id": products[0]["id"], "quantity": 1}]}
    order = _ask(url=url, path="/api/v2/orders/", body=lines, token=login["access"])
    while order["status"] not in FINAL and time.monotonic() - begun < SETTLE_SECONDS:
        order = _ask(url=url, path=f"/api/v2/orders/{order['id']}/", token=login["access"])
    if order["status"] not in FINAL:
        what = f"the first order is still {order['status']} after {SETTLE_SECONDS} s"
        raise errors.DevstackError(what, why=f"order {order['id']}", remedy="`make logs S=orders`, `make status`")
    return Order(body=order, seconds=time.monotonic() - begun)


def _ask(
    *, url: str, path: str, body: dict[str, Any] | None = None, token: str = "", seconds: float = 20.0
) -> dict[str, Any]:
    """Send one request, again while the system is warming up (5xx, 401 of a key not yet fetched, 409 pending)."""
    headers = {"Content-Type": "application/json", "Prefer": "wait=10", "Idempotency-Key": str(uuid.uuid4())}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = json.dumps(body).encode() if body else None
    deadline = time.monotonic() + seconds
    while True:
        request = urllib.request.Request(url + path, data=content, headers=headers)  # noqa: S310  (our own gateway)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
                return dict(json.load(answer))
        except (urllib.error.URLError, OSError, ValueError) as error:
            if time.monotonic() > deadline or not _is_passing(error=error):
                raise _refused(error=error, path=path) from error
        time.sleep(0.5)


def _is_passing(*, error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= 500 or error.code in {401, 409, 429}  # noqa: PLR2004  (server errors)
    return True


def _refused(*, error: Exception, path: str) -> errors.DevstackError:
    why = str(error)
    if isinstance(error, urllib.error.HTTPError):
        with contextlib.suppress(OSError):
            why += " " + error.read(500).decode(errors="replace")
    return errors.DevstackError(f"the first order failed at {path}", why=why, remedy="`make status`, `make logs`")


def curl(*, url: str, password: str, product_id: str) -> str:
    """Return one line for a shell that logs in and buys one piece, and works for as long as the stack is up."""
    login = json.dumps({"email": CUSTOMER, "password": password})
    order = json.dumps({"items": [{"product_id": product_id, "quantity": 1}]})
    token = (
        f"$(curl -s {url}/api/v2/auth/login/ -H 'Content-Type: application/json' -d '{login}'"
        """ | sed -E 's/.*"access": ?"([^"]+)".*/\\1/')"""
    )
    return (
        f"curl -s {url}/api/v2/orders/ -H 'Content-Type: application/json' -H 'Prefer: wait=10'"
        f""" -H "Authorization: Bearer {token}" -d '{order}'"""
    )
