"""Every Deployment rolled under load: no request may fail, no order get lost."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence

import httpx

from devstack import demo
from tools.chaos.history import Attempt, History
from tools.cluster import kube, stage
from tools.rolling import crowd

RATE = 3.0
SETTLE_SECONDS = 180.0
FINAL = {"completed", "cancelled"}


@dataclasses.dataclass(frozen=True)
class _Staffed:
    password: str


def deployments(*, with_gateway: bool) -> list[str]:
    """Return the names of the release's Deployments.

    Args:
        with_gateway: not when requests come through a forwarded port, which ends with its pod.
    """
    named = [each["metadata"]["name"] for each in kube.listed("deployment", selector="app.kubernetes.io/part-of=plaza")]
    return [name for name in named if with_gateway or not name.endswith("-gateway")]


def roll(*, address: str, password: str, names: Sequence[str], said: Callable[[str], None]) -> None:
    """Restart Deployments one after the other while customers order.

    Args:
        address: of the gateway.
        password: of the demo's staff.
        names: of the Deployments.
        said: tells a line to whoever looks on.

    Raises:
        ClusterFailed: a request failed or an order got lost.
        ReplayError: the customers could not be registered.
    """
    wrong = asyncio.run(_roll(address=address, password=password, names=names, said=said))
    if wrong:
        raise kube.ClusterFailed("rolling under load: " + "; ".join(wrong))


async def _roll(*, address: str, password: str, names: Sequence[str], said: Callable[[str], None]) -> list[str]:
    turns: list[tuple[float, str]] = []
    async with crowd.gathered(system=_Staffed(password), url=address, rate=RATE) as customers:
        async with customers.busy():
            for name in names:
                turns.append((time.monotonic(), name))
                await asyncio.to_thread(kube.kubectl, "rollout", "restart", f"deployment/{name}")
                watched = ("rollout", "status", f"deployment/{name}", f"--timeout={stage.WAIT}")
                await asyncio.to_thread(kube.kubectl, *watched)
                said(f"{name} rolled, {len(customers.history.attempts)} requests so far")
        lost = await asyncio.to_thread(_unsettled, address, password, _orders(customers.history))
    said(f"{len(customers.history.attempts)} requests, {len(_orders(customers.history))} orders")
    return judged(history=customers.history, lost=lost, turns=turns)


def _orders(history: History) -> set[str]:
    return {order_id for each in history.placings for order_id in each.order_ids}


def _unsettled(address: str, password: str, orders: set[str]) -> set[str]:
    """Return those of the orders that have no end when the time is over."""
    deadline = time.monotonic() + SETTLE_SECONDS
    with httpx.Client(base_url=f"{address}/api/v2/", timeout=60) as http:
        login = http.post("auth/login/", json={"email": demo.STAFF, "password": password}).raise_for_status()
        bearer = {"Authorization": f"Bearer {login.json()['access']}"}
        waiting = set(orders)
        while waiting and time.monotonic() < deadline:
            for order_id in sorted(waiting):
                answer = http.get(f"orders/{order_id}/", headers=bearer)
                if answer.status_code == httpx.codes.OK and answer.json()["status"] in FINAL:
                    waiting.discard(order_id)
            time.sleep(1)
    return waiting


def _told(attempt: Attempt, turns: Sequence[tuple[float, str]]) -> str:
    """Say what a customer met, and when: the turns in which the request was under way."""
    ended = attempt.at + attempt.seconds
    ends = [*(began for began, _ in turns[1:]), float("inf")]
    met = [name for (began, name), end in zip(turns, ends, strict=True) if attempt.at < end and ended >= began]
    answer = f"{attempt.status or 'no answer'} {attempt.code}".strip()
    when = " to ".join(met[:1] + met[1:][-1:])
    return f"{attempt.method} {attempt.path}: {answer} after {attempt.seconds:.1f} s, {when}"


def judged(*, history: History, lost: set[str], turns: Sequence[tuple[float, str]]) -> list[str]:
    """Return what was broken, one sentence each; empty when nothing was. Pure.

    Args:
        history: of the customers.
        lost: ids of orders.
        turns: when which Deployment's turn began, in their order.
    """
    failed = [_told(each, turns) for each in history.attempts if each.failed]
    twice = [each.key for each in history.placings if len(each.order_ids) > 1]
    wrong = {
        "requests failed": failed,
        "orders are lost or have no end": sorted(lost),
        "keys became more than one order": twice,
        "wishes had no answer": [each.key for each in history.unknown],
    }
    found = [f"{len(each)} {what} ({', '.join(each[:3])})" for what, each in wrong.items() if each]
    return found if _orders(history) else [*found, "no order was placed"]
