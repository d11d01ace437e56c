"""`python -m tools.rolling`: restart everything under load; leave 0 when no customer noticed."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from devstack import ephemeral
from devstack.errors import DevstackError
from tools.chaos.report import console
from tools.replay.errors import ReplayError
from tools.rolling import report, run, turn

KEPT, BROKEN, FAILED, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Restart once; return 0 when no promise was broken, 1 when one was, 2 when it could not be done.

    Args:
        argv: the arguments, without them those of the process.
    """
    arguments = _parser().parse_args(argv)
    try:
        return _restart(names=arguments.only or turn.ALL, rate=arguments.rate)
    except (DevstackError, ReplayError) as error:
        Console(stderr=True).print(f"✗ {error.what}\n  why: {error.why}\n  do:  {error.remedy}", markup=False)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _restart(*, names: Sequence[str], rate: float) -> int:
    out = console()

    def say(line: str) -> None:
        out.print(line, highlight=False, markup=False, soft_wrap=True)

    say("starting a system of its own")
    started = time.monotonic()
    with ephemeral.system() as system:
        say(f"started in {time.monotonic() - started:.0f} s; {rate:g} orders/s and who looks and waits beside them")
        result = asyncio.run(run.run(system=system, names=names, rate=rate, back=False, said=say))
    report.show(console=out, result=result)
    return BROKEN if result.faults else KEPT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.rolling",
        description="Restart every process of a system of its own, one after the other and under load.",
    )
    parser.add_argument("--only", type=_parts, default=(), metavar="PARTS", help="by comma, such as orders.web (all)")
    parser.add_argument("--rate", type=float, default=5.0, metavar="N", help="orders started per second (5)")
    return parser


def _parts(text: str) -> tuple[str, ...]:
    named = tuple(name for name in text.split(",") if name)
    if wrong := [name for name in named if name not in turn.ALL]:
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(wrong)}; choose from {', '.join(turn.ALL)}")
    return named


if __name__ == "__main__":
    sys.exit(main())
