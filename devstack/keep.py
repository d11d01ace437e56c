"""`devstack backup`, `restore`, `audit` and `manage`: the services' own commands on the running stack."""

import contextlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from devstack import config as configuration
from devstack import daemon, errors
from devstack import stack as stacks
from devstack.parts import postgres, service


def backup(*, config: configuration.Config, directory: Path, form: str, keep_days: int) -> int:
    """Write a backup of every service into a directory.

    Args:
        config: of the stack, which must be running.
        directory: made when it is missing.
        form: json or pg_dump.
        keep_days: older ones are removed, once the new one is safe.

    Returns:
        0, when all of them were made.

    Raises:
        DevstackError: nothing is running.
    """
    stack = _running(config=config)
    options = ("--output-dir", str(directory.resolve()), "--format", form, "--compress", "--keep-days", str(keep_days))
    return max(_manage(stack=stack, name=name, arguments=("backup_data", *options)) for name in configuration.SERVICES)


def restore(*, config: configuration.Config, name: str, file: Path) -> int:
    """Put a service's backup in the place of what its database holds.

    Args:
        config: of the stack, which must be running.
        name: of the service.
        file: the backup.

    Returns:
        The exit code of the service's command; unless it is 0, nothing has changed.

    Raises:
        DevstackError: nothing is running.
    """
    stack = _running(config=config)
    owner = {"DATABASE_URL": stack.role_url(name=name, role=f"{name}_owner")}  # emptying tables takes their owner
    return _manage(stack=stack, name=name, arguments=("restore_data", str(file.resolve()), "--flush"), extra=owner)


def audit(*, config: configuration.Config, age: int) -> int:
    """Look at every service's invariants, and at those between the services.

    Args:
        config: of the stack, which must be running.
        age: seconds that an order must have been settled to be held to its end.

    Returns:
        0 when everything holds, 1 when something does not, 2 when something could not be looked at.

    Raises:
        DevstackError: nothing is running.
    """
    stack = _running(config=config)
    codes = []
    for name in configuration.SERVICES:
        _title(name)
        codes.append(_manage(stack=stack, name=name, arguments=("audit",)))
    _title("across the services")
    across = ("audit_across", "--age", str(age))
    return max(*codes, _manage(stack=stack, name="orders", arguments=across, extra=stack.audit_urls()))


def manage(*, config: configuration.Config, name: str, arguments: Sequence[str]) -> int:
    """Run a command of a service's manage.py.

    Args:
        config: of the stack, which must be running.
        name: of the service.
        arguments: the command and what it takes; without any, manage.py tells which commands there are.

    Returns:
        Its exit code.

    Raises:
        DevstackError: nothing is running.
    """
    return _manage(stack=_running(config=config), name=name, arguments=tuple(arguments))


def _title(text: str) -> None:
    sys.stdout.write(f"\n== {text}\n")
    sys.stdout.flush()


def _running(*, config: configuration.Config) -> stacks.Stack:
    if not daemon.state(config=config):
        raise errors.DevstackError("nothing is running", remedy="make up")
    return stacks.load_stack(config=config)


def _manage(
    *, stack: stacks.Stack, name: str, arguments: tuple[str, ...], extra: Mapping[str, str] = MappingProxyType({})
) -> int:
    environment = {**service.environment(stack=stack, service=name), "LOG_FORMAT": "console", **extra}
    with contextlib.suppress(errors.DevstackError):  # then pg_dump is looked for on PATH
        environment["PG_BIN"] = str(postgres.binaries())
    command = [sys.executable, "manage.py", *arguments]
    cwd = configuration.ROOT / "services" / name
    return subprocess.run(command, cwd=cwd, env=environment, check=False).returncode  # noqa: S603  (the service's own)
