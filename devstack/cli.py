"""The command line: which commands there are; each does its work in a module of its own."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from devstack import config as configuration
from devstack import daemon, down, errors, execute, keep, logs, report, testrun, up
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
    top = argparse.ArgumentParser(prog="python -m devstack", description="The embedded stack of Plaza.")
    commands = top.add_subparsers(required=True, metavar="command")
    _up(commands.add_parser("up", help="start the whole system, or find it up, and place a first order"))
    commands.add_parser("down", help="stop everything").set_defaults(run=lambda _: down.run(config=_config()))
    reset = commands.add_parser("reset", help="stop everything and delete the data")
    reset.set_defaults(run=lambda _: down.reset(config=_config()))
    _supervise(commands.add_parser("supervise", help="what `up` starts in the background"))
    _status(commands.add_parser("status", help="show parts, ports, versions, memory"))
    _logs(commands.add_parser("logs", help="follow the logs"))
    _exec(commands.add_parser("exec", help="run a command with PostgreSQL, RabbitMQ and Valkey of its own"))
    _test(commands.add_parser("test", help="run the test suites"))
    _backup(commands.add_parser("backup", help="back up every service of the running stack"))
    _restore(commands.add_parser("restore", help="put a service's backup in the place of its data"))
    _audit(commands.add_parser("audit", help="look at all invariants, of each service and between them"))
    _manage(commands.add_parser("manage", help="run a command of a service's manage.py on the running stack"))
    return top


def _test(command: argparse.ArgumentParser) -> None:
    command.add_argument("suite", nargs="*", help="shared, users, … (default: all)")
    command.add_argument("-k", dest="expression", default="", help="only tests that match (see pytest -k)")
    command.set_defaults(run=lambda chosen: testrun.run(names=chosen.suite, expression=chosen.expression))


def _backup(command: argparse.ArgumentParser) -> None:
    command.add_argument("directory", type=Path)
    command.add_argument("--format", choices=("json", "pg_dump"), default="json")
    command.add_argument("--keep-days", type=int, default=7, help="older ones are removed (7)")
    command.set_defaults(
        run=lambda chosen: keep.backup(
            config=_config(), directory=chosen.directory, form=chosen.format, keep_days=chosen.keep_days
        )
    )


def _restore(command: argparse.ArgumentParser) -> None:
    command.add_argument("service", choices=configuration.SERVICES)
    command.add_argument("file", type=Path)
    command.set_defaults(run=lambda chosen: keep.restore(config=_config(), name=chosen.service, file=chosen.file))


def _audit(command: argparse.ArgumentParser) -> None:
    command.add_argument("--age", type=int, default=60, help="seconds that an order must have been settled (60)")
    command.set_defaults(run=lambda chosen: keep.audit(config=_config(), age=chosen.age))


def _manage(command: argparse.ArgumentParser) -> None:
    command.add_argument("service", choices=configuration.SERVICES)
    command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="command …")
    command.set_defaults(
        run=lambda chosen: keep.manage(config=_config(), name=chosen.service, arguments=chosen.arguments)
    )


def _config() -> configuration.Config:
    return configuration.from_environment(environ=os.environ)


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _up(command: argparse.ArgumentParser) -> None:
    command.add_argument("--only", type=_names, default=[], help="comma list of stores: no services, no demo data")
    command.set_defaults(run=lambda chosen: up.run(config=_config(), only=chosen.only))


def _supervise(command: argparse.ArgumentParser) -> None:
    command.add_argument("--only", type=_names, default=[], help="see `up`")
    command.set_defaults(run=lambda chosen: daemon.run(config=_config(), only=chosen.only))


def _status(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("table", "json"), default="table")
    command.set_defaults(run=lambda chosen: report.status(config=_config(), form=chosen.format))


def _logs(command: argparse.ArgumentParser) -> None:
    command.add_argument("part", nargs="?", default="", help="a part or a service, such as orders or orders.web")
    command.add_argument("--lines", type=int, default=10, help="how many old lines of each part come first")
    command.add_argument("--no-follow", action="store_true", help="end after the old lines")
    command.set_defaults(run=_run_logs)


def _run_logs(chosen: argparse.Namespace) -> int:
    directory = _config().run_dir / "logs"
    paths = logs.matching(directory=directory, part=chosen.part)
    for part, line in logs.follow(paths=paths, lines=chosen.lines, forever=not chosen.no_follow):
        sys.stdout.write(f"{part:<16} | {line}\n")
        sys.stdout.flush()
    return 0


def _exec(command: argparse.ArgumentParser) -> None:
    stores = ",".join(catalogue.STORES)
    command.add_argument("--parts", type=_names, default=stores, help=f"comma list (default: {stores})")
    command.add_argument("command", nargs=argparse.REMAINDER, metavar="-- command …")
    command.set_defaults(run=_run_exec)


def _run_exec(chosen: argparse.Namespace) -> int:
    command = chosen.command[1:] if chosen.command[:1] == ["--"] else chosen.command
    if not command:
        raise errors.DevstackError("exec needs a command", remedy="python -m devstack exec -- pytest …")
    return execute.run(parts=chosen.parts, command=command)
