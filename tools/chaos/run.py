"""A run from its first customer to its verdict: which step follows which, not how one is done."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field

from devstack import demo
from tools.chaos import checker, evidence, faults, figures, load, market, schedule, storm, watch, wiring
from tools.chaos.caller import Caller
from tools.chaos.history import History
from tools.chaos.schedule import Strike
from tools.chaos.stage import Stage
from tools.chaos.tap import BrokerAway, Tap

PATIENCE = 30.0
TRICKLE_SECONDS = 4.0
ARRIVAL_SECONDS = 15.0
"""How long a message may be on its way when nothing else moves any more."""
CONNECTIONS = 96
THREADS = 64


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run."""

    seconds: float = 60.0
    seed: int = 0
    rate: float = 8.0
    customers: int = 80
    mutant: str = ""
    rest: float = 90.0
    """How many seconds everything may take to come to rest after the last fault."""
    only: frozenset[str] = frozenset()
    """Families, names, or name:target of faults; all of them when empty."""
    habits: load.Habits = field(default_factory=load.Habits)

    @property
    def stock(self) -> int:
        """Units of each product: a little less than what will be wanted."""
        return max(20, int(self.rate * self.seconds * 0.3))


@dataclass(kw_only=True)
class Result:
    """Everything that a run found out."""

    options: Options
    plan: list[Strike]
    history: History
    evidence: evidence.Evidence
    watched: watch.Log
    struck: list[figures.Struck]
    numbers: checker.Numbers
    quiet_after: float | None
    restless: str
    lines: list[str]
    violations: list[checker.Violation]


def plan(*, options: Options) -> list[Strike]:
    """Return the schedule of a run."""
    cards = schedule.chosen(cards=faults.CARDS, only=options.only)
    return schedule.make(cards=cards, seed=options.seed, seconds=options.seconds)


async def run(*, wired: wiring.Wired, options: Options, said: Callable[[str], None]) -> Result:
    """Put load on a running system, let the schedule strike it, and check what is left.

    Args:
        wired: the system.
        options: how.
        said: tells a line to whoever looks on.

    Raises:
        ReplayError: the market could not be opened.

    """
    return await _Run(wired=wired, options=options, said=said).go()


class _Run:
    """One run under way."""

    def __init__(self, *, wired: wiring.Wired, options: Options, said: Callable[[str], None]) -> None:
        self._wired, self._options = wired, options
        self._history, self._lines = History(), list[str]()
        self._begun = time.monotonic()
        self._said = said
        tap = Tap(url=wired.system.stack.broker_url)
        self._stage = Stage(system=wired.system, network=wired.network, tap=tap)
        self._storm = storm.Storm(stage=self._stage, said=self._tell)

    async def go(self) -> Result:
        """Do all of it."""
        # Faults wait in threads until parts are ready again; the watch must not wait behind them.
        asyncio.get_running_loop().set_default_executor(futures.ThreadPoolExecutor(THREADS))
        gateway = self._wired.system.gateway_url
        async with Caller(base_url=gateway, connections=CONNECTIONS, patience=PATIENCE, history=self._history) as api:
            customers = await self._open(api)
            self._history.attempts.clear()
            async with watch.Watch(system=self._wired.system, said=self._tell) as watching:
                await self._strike(customers)
                sample, seconds = await self._rest(customers, watching)
        return await self._judge(watching.log, sample, seconds)

    async def _open(self, api: Caller) -> load.Load:
        self._tell("opening the market")
        system, options = self._wired.system, self._options
        staff = await market.signed_in(api=api, email=demo.STAFF, password=system.password)
        opened = await market.open_market(api=api, staff=staff, customers=options.customers, stock=options.stock)
        await asyncio.to_thread(self._stage.tap.open)
        dice = random.Random(options.seed)  # noqa: S311  (to be repeated)
        return load.Load(api=api, market=opened, history=self._history, dice=dice, habits=options.habits)

    async def _strike(self, customers: load.Load) -> None:
        self._begun = time.monotonic()
        self._tell(f"load of {self._options.rate:g} orders/s for {self._options.seconds:g} s")
        trickle = asyncio.create_task(self._trickle())
        async with asyncio.TaskGroup() as group:
            group.create_task(customers.run(seconds=self._options.seconds, rate=self._options.rate))
            group.create_task(self._storm.run(plan(options=self._options)))
        trickle.cancel()

    async def _trickle(self) -> None:
        """Send one message in a hundred again, all the time, whatever else strikes."""
        dice = random.Random(self._options.seed)  # noqa: S311  (to be repeated)
        while True:
            await asyncio.sleep(TRICKLE_SECONDS)
            with contextlib.suppress(BrokerAway):
                most = max(2, len(self._stage.tap.copies) // 100)
                await asyncio.to_thread(self._stage.tap.replay, most=most, dice=dice)

    async def _rest(self, customers: load.Load, watching: watch.Watch) -> tuple[watch.Sample | None, float]:
        """Heal everything, ask again for what is in doubt, and wait until nothing moves."""
        healed = max((one.healed for one in self._storm.struck), default=time.monotonic())
        self._tell("healed; waiting until nothing moves")
        await asyncio.to_thread(self._wired.network.heal)
        await watching.calm(seconds=self._options.rest, wanted=lambda sample: sample.well)
        await customers.resolve()
        left = self._options.rest - (time.monotonic() - healed)
        sample = await watching.calm(seconds=max(left, 5.0), wanted=lambda sample: not sample.restless)
        return sample, time.monotonic() - healed

    async def _read(self, poison: checker.Poison) -> evidence.Evidence:
        """Read what the databases say, once what was sent last has had the time to arrive, and poison that to die.

        A message that kills its handler's process is tried again, with pauses, before it is kept dead.
        """
        began = time.monotonic()
        while True:
            found = await asyncio.to_thread(evidence.read, system=self._wired.system)
            waited = time.monotonic() - began
            arriving = waited < ARRIVAL_SECONDS and checker.unseen(found)
            dying = waited < self._options.rest and checker.undead(found, poison)
            if not (arriving or dying):
                return found
            await asyncio.sleep(1)

    async def _judge(self, log: watch.Log, sample: watch.Sample | None, seconds: float) -> Result:
        poison = checker.Poison(marks=self._stage.poison, doubtful=frozenset(self._stage.doubtful))
        found = await self._read(poison)
        restless = "" if sample else (log.samples[-1].restless if log.samples else "it could not be looked at")
        quiet_after = seconds if sample else None
        watched = checker.Watched(
            violations=log.violations,
            samples=log.looks,
            duplicates=log.suppressed,
            quiet_after=quiet_after,
            restless=restless,
        )
        return Result(
            options=self._options,
            plan=plan(options=self._options),
            history=self._history,
            evidence=found,
            watched=log,
            struck=self._storm.struck,
            numbers=checker.count(history=self._history, evidence=found),
            quiet_after=quiet_after,
            restless=restless,
            lines=self._lines,
            violations=checker.check(history=self._history, evidence=found, watched=watched, poison=poison),
        )

    def _tell(self, line: str) -> None:
        line = f"{time.monotonic() - self._begun:6.1f} s  {line}"
        self._lines.append(line)
        self._said(line)
