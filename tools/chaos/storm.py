"""The storm: carries out a schedule, each strike at its time, and tells of each in one line."""

import asyncio
import time
from collections.abc import Callable, Sequence

from devstack.errors import DevstackError
from tools.chaos import faults
from tools.chaos.figures import Struck
from tools.chaos.schedule import Strike
from tools.chaos.stage import Missed, Stage


class Storm:
    """Strikes a system; `struck` is what happened.

    Args:
        stage: the system.
        said: tells a line to whoever looks on.

    """

    def __init__(self, *, stage: Stage, said: Callable[[str], None]) -> None:
        self._stage, self._said = stage, said
        self.struck: list[Struck] = []

    async def run(self, schedule: Sequence[Strike]) -> None:
        """Carry out all strikes; returns when the last one is healed."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for strike in schedule:
                group.create_task(self._strike(strike, begun))

    async def _strike(self, strike: Strike, begun: float) -> None:
        await asyncio.sleep(max(0.0, begun + strike.at - time.monotonic()))
        began, missed = time.monotonic(), ""
        context = faults.ACTIONS[strike.name](self._stage, strike)
        try:
            await asyncio.to_thread(context.__enter__)
            self._said(f"{strike.family} {strike.name}: {strike.target}{_lasting(strike)}")
            await asyncio.sleep(strike.seconds)
            await asyncio.to_thread(context.__exit__, None, None, None)
        except Missed as nothing:
            missed = str(nothing)
            self._said(f"{strike.family} {strike.name}: {strike.target}: missed, {missed}")
        except DevstackError as error:
            self._said(f"! {strike.name} of {strike.target} was not healed: {error.what} {error.why}")
        self.struck.append(Struck(strike=strike, began=began, healed=time.monotonic(), missed=missed))


def _lasting(strike: Strike) -> str:
    return f" for {strike.seconds:.1f} s" if strike.seconds else ""
