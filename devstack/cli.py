"""The command line: which commands there are; each does its work in a module of its own."""

import argparse
import sys
from collections.abc import Sequence

from devstack import errors, execute, logs
from devstack.parts import catalogue


def main(*, arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; a DevstackError is explained and gives 1."""
    chosen = parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except errors.DevstackError as error:
        explain(error=error)
        return 1
    except KeyboardInterrupt:
        return 130


def explain(*, error: errors.DevstackError) -> None:
    """Tell a person what failed, why, what to do, and the last lines of the log."""
    write = sys.stderr.write
    write(f"\nfailed: {error.what}\n")
    if error.why:
        write(f"   why: {error.why}\n")
    if error.remedy:
        write(f"    do: {error.remedy}\n")
    if error.log:
        write(f"   log: {error.log}\n")
        for line in logs.tail(path=error.log, lines=15):
            write(f"        {line[:300]}\n")


def parser() -> argparse.ArgumentParser:
    """Describe the commands."""
    top = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="command")
    _exec(commands.add_parser("exec", help="run a command with PostgreSQL, RabbitMQ and Valkey of its own"))
    return top


def _exec(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--parts", default=",".join(catalogue.STORES), help="comma list (default: %(default)s)"
    )
    command.add_argument("command", nargs=argparse.REMAINDER, metavar="-- command …")
    command.set_defaults(run=_run_exec)


def _run_exec(chosen: argparse.Namespace) -> int:
    command = chosen.command[1:] if chosen.command[:1] == ["--"] else chosen.command
    if not command:
        raise errors.DevstackError("exec needs a command", remedy="python -m devstack exec -- pytest …")
    return execute.run(parts=[name for name in chosen.parts.split(",") if name], command=command)
