"""`python -m tools.chaos`: read the arguments, run, report; leave 0 when every promise was kept."""

import argparse
import asyncio
import secrets
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from devstack.errors import DevstackError
from tools.chaos import keeping, load, mutants, report, run, wiring
from tools.replay.errors import ReplayError

KEPT, BROKEN, FAILED, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run chaos once; return 0 when every promise was kept, 1 when one was broken, 2 when it could not be done.

    Args:
        argv: the arguments, without them those of the process.

    """
    arguments = _parser().parse_args(argv)
    try:
        return _chaos(_options(arguments), report.console(), keep=arguments.keep)
    except (DevstackError, ReplayError) as error:
        Console(stderr=True).print(f"✗ {error.what}\n  why: {error.why}\n  do:  {error.remedy}", markup=False)
        return FAILED
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted")
        return INTERRUPTED


def _chaos(options: run.Options, console: Console, *, keep: bool) -> int:
    def say(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    say(f"seed {options.seed}; starting a system of its own" + (f" with {options.mutant}" if options.mutant else ""))
    started = time.monotonic()
    with wiring.wired(mutant=options.mutant) as wired:
        say(f"started in {time.monotonic() - started:.0f} s")
        result = asyncio.run(run.run(wired=wired, options=options, said=say))
        if result.violations or keep:
            kept = keeping.keep(result=result, stack=wired.system.stack)
            say(f"schedule, story and logs are kept in {kept}")
    report.show(console=console, result=result)
    return BROKEN if result.violations else KEPT


def _options(arguments: argparse.Namespace) -> run.Options:
    return run.Options(
        seconds=arguments.seconds,
        seed=secrets.randbelow(10**6) if arguments.seed is None else arguments.seed,
        rate=arguments.rate,
        customers=arguments.customers,
        mutant=arguments.mutant,
        rest=arguments.rest,
        only=frozenset(name.strip() for name in arguments.only.split(",") if name.strip()) or _feared(arguments.mutant),
        habits=load.Habits(cancel=mutants.ALL[arguments.mutant].cancel) if arguments.mutant else load.Habits(),
    )


def _feared(mutant: str) -> frozenset[str]:
    return mutants.ALL[mutant].faults if mutant else frozenset()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.chaos",
        description="Put load on a system of its own, strike it with faults, and hold it to its promises.",
    )
    add = parser.add_argument
    add("--seconds", type=_length, default=60.0, metavar="SECONDS", help="of load and faults (60)")
    add("--seed", type=_seed, default=None, metavar="N", help="repeats a schedule (default: any)")
    add("--rate", type=_rate, default=8.0, metavar="N", help="orders started per second (8)")
    add("--customers", type=_customers, default=80, metavar="N", help="who order (80)")
    add("--mutant", choices=("", *mutants.ALL), default="", metavar="NAME", help=", ".join(mutants.ALL))
    add("--rest", type=_length, default=90.0, metavar="SECONDS", help="to come to rest after the faults (90)")
    add("--only", default="", metavar="FAULTS", help="families or names, by comma, such as F1,F3")
    add("--keep", action="store_true", help="keep schedule, story and logs also when every promise was kept")
    return parser


def _length(text: str) -> float:
    return _number(text, least=10, most=24 * 3600)


def _rate(text: str) -> float:
    return _number(text, least=1, most=200)


def _customers(text: str) -> int:
    return int(_number(text, least=10, most=2000))


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


def _number(text: str, *, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"must be a number from {least} to {most}, not {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(main())
