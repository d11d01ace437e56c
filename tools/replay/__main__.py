"""`python -m tools.replay`: read the arguments and the file, replay, leave 0 when the books balance."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from rich.console import Console

from tools.replay import parse, plan, report, run, stack
from tools.replay.errors import ReplayError

BALANCED, UNBALANCED, FAILED, INTERRUPTED = 0, 1, 2, 130
LARGEST_CONCURRENCY = 256


def main(argv: Sequence[str] | None = None) -> int:
    """Replay a file; return 0 when the books balance, 1 when they do not, 2 when it could not be done.

    Args:
        argv: the arguments, without them those of the process.

    """
    arguments = _parser().parse_args(argv)
    try:
        return _replay(arguments, report.console())
    except ReplayError as error:
        report.show_error(console=Console(stderr=True), error=error)
        return FAILED
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted; the same command again continues where this one stopped")
        return INTERRUPTED


def _replay(arguments: argparse.Namespace, console: Console) -> int:
    sheet = parse.read(path=arguments.data)
    report.show_file(console=console, sheet=sheet)
    wanted = plan.make(sheet=sheet, limit=arguments.limit, stock=arguments.stock)
    report.show_plan(console=console, wanted=wanted)
    target = stack.target(base_url=arguments.base_url, email=arguments.staff_email, password=arguments.staff_password)
    options = run.Options(concurrency=arguments.concurrency, patience=arguments.patience, grace=arguments.grace)
    balanced = asyncio.run(run.replay(wanted=wanted, target=target, options=options, console=console))
    return BALANCED if balanced else UNBALANCED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.replay",
        description="Replay a retailer's invoices as orders through the gateway; check the books.",
    )
    add = parser.add_argument
    add("--data", required=True, type=_path, metavar="FILE", help="Online Retail format, .csv or .csv.xz")
    add("--limit", type=_positive, metavar="N", help="only the first N valid invoices")
    add("--concurrency", type=_concurrency, default=16, metavar="N", help="customers ordering at once (16)")
    add(
        "--stock",
        type=_share,
        default=Decimal(1),
        metavar="SHARE",
        help="stock as a share of the demand (1.0)",
    )
    add(
        "--patience",
        type=_positive,
        default=120,
        metavar="SECONDS",
        help="per request, with its retries (120)",
    )
    add("--grace", type=_positive, default=60, metavar="SECONDS", help="for compensation to end (60)")
    add("--base-url", default="", metavar="URL", help="the gateway (else that of the running stack)")
    add("--staff-email", default="", metavar="EMAIL", help="a member of staff (else the stack's)")
    add("--staff-password", default="", metavar="PASSWORD", help="their password (else the stack's)")
    return parser


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("no file is given; give one: make replay DATA=file.csv.xz")
    return Path(text)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def _concurrency(text: str) -> int:
    number = _positive(text)
    if number > LARGEST_CONCURRENCY:
        raise argparse.ArgumentTypeError(f"must be at most {LARGEST_CONCURRENCY}, not {number}")
    return number


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not (share.is_finite() and 0 <= share <= 1000):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1000 such as 0.95, not {text!r}")
    return share


if __name__ == "__main__":
    sys.exit(main())
