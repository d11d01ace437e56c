"""A rolling restart from the first customer to the verdict: which step follows which."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence

from devstack import ephemeral
from tools.chaos import checker, evidence
from tools.chaos.history import Attempt, History
from tools.rolling import crowd, street, turn

CALM_SECONDS = 1.0
"""Load alone, before the first turn and after each: what a turn leaves behind belongs to it."""
SETTLE_SECONDS = 90.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """What customers met in one part's turn."""

    turn: turn.Turn
    requests: int
    failed: tuple[str, ...]
    """Each request that the system owed a better answer."""
    placed: int
    settled: int
    """Of the placed ones; in the end, not only within the turn."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """Everything that a rolling restart found out."""

    rows: list[Row]
    faults: list[str]
    """One sentence for each promise that was broken; empty when all were kept."""


async def run(
    *, system: ephemeral.System, names: Sequence[str], rate: float, back: bool, said: Callable[[str], None]
) -> Result:
    """Restart parts of a running system one after the other, under load.

    Args:
        system: with the demo data.
        names: of the parts, in their order.
        rate: orders started per second.
        back: restart each once more, so that everything is where it was.
        said: tells a line to whoever looks on.

    Raises:
        DevstackError: a new process was not ready in time.
        ReplayError: the customers could not be registered.
    """
    async with (
        street.opened(system=system) as way,
        crowd.gathered(system=system, url=way.url, rate=rate) as customers,
    ):
        turns: list[turn.Turn] = []
        async with customers.busy():
            await asyncio.sleep(CALM_SECONDS)
            for again in (False, True) if back else (False,):
                for name in names:
                    one = await asyncio.to_thread(turn.take, system=system, street=way, name=name, back=again)
                    turns.append(one)
                    said(f"{one.name} serves; the turn took {max(one.ready, one.ended) - one.began:.1f} s")
                    await asyncio.sleep(CALM_SECONDS)
        found = await _settled(system, customers.history)
        said_there = street.refusals(log=system.log(street.GATEWAY, lines=5000))
    result = judged(turns=turns, history=customers.history, found=found)
    return dataclasses.replace(result, faults=result.faults + [f"the gateway: {one}" for one in said_there])


async def _settled(system: ephemeral.System, history: History) -> evidence.Evidence:
    """Read what the databases say once every order of these customers has ended, or the time is over."""
    known = {order_id for each in history.placings for order_id in each.order_ids}
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found = await asyncio.to_thread(evidence.read, system=system)
        open_orders = [each for each in known if not found.orders.get(each, {}).get("settled")]
        if not (open_orders or checker.unseen(found)) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(1)


def judged(*, turns: Sequence[turn.Turn], history: History, found: evidence.Evidence) -> Result:
    """Return what a rolling restart did to its customers, and every promise that it broke. Pure."""
    ends = [*(one.began for one in turns[1:]), float("inf")]
    rows = [_row(one, until, history, found) for one, until in zip(turns, ends, strict=True)]
    failed = [_told(each) for each in history.attempts if each.failed]
    known = {order_id for each in history.placings for order_id in each.order_ids}
    lost = [each for each in known if found.orders.get(each, {}).get("status") not in checker.FINAL]
    twice = [each.key for each in history.placings if len(each.order_ids) > 1]
    wrong = {
        "requests failed": failed,
        "orders are lost": lost,
        "orders never settled": [each for each in known if not found.orders.get(each, {}).get("settled")],
        "keys became more than one order": twice,
        "wishes had no answer": [each.key for each in history.unknown],
        "events were sent and never seen": [one for events in checker.unseen(found).values() for one in events],
        "laws of the data are broken": list(found.findings),
        "turns met no order": [row.turn.name for row in rows if not row.placed],
    }
    return Result(
        rows=rows, faults=[f"{len(each)} {what}: {', '.join(each[:3])}" for what, each in wrong.items() if each]
    )


def _row(one: turn.Turn, until: float, history: History, found: evidence.Evidence) -> Row:
    """Return what fell into a turn and the calm after it."""
    met = [each for each in history.attempts if each.at < until and each.at + each.seconds >= one.began]
    made = {order_id for each in history.placings if one.began <= each.began < until for order_id in each.order_ids}
    return Row(
        turn=one,
        requests=len(met),
        failed=tuple(_told(each) for each in met if each.failed),
        placed=len(made),
        settled=sum(bool(found.orders.get(each, {}).get("settled")) for each in made),
    )


def _told(attempt: Attempt) -> str:
    """Say what a customer met."""
    return f"{attempt.method} {attempt.path}: {attempt.status or 'no answer'} {attempt.code}".strip()
