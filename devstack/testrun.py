"""`devstack test`: the stores once, every suite in a pytest process of its own, one account at the end."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent import futures
from pathlib import Path

from devstack import config, ephemeral, errors, stack, suites, tally

BESIDE = 2
"""So many suites run beside each other, and beside one that starts whole systems and mostly waits."""
GIVING_WAY = ("nice", "-n", "5")
"""What runs beside a whole system uses what that leaves of the machine."""
NOTHING_COLLECTED = 5  # pytest's exit code
_screen = threading.Lock()


def run(*, names: Sequence[str], expression: str) -> int:
    """Run the named suites (default: all), optionally only tests that match a pytest -k expression.

    Returns 0 when at least one test ran, all passed, and no package is below its coverage gate.
    Raises DevstackError when a suite or store is missing.
    """
    selected = suites.chosen(names=names, root=config.ROOT)
    directory = config.from_environment(environ=os.environ).run_dir / "coverage"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with contextlib.ExitStack() as opened:
        stores = None
        if any(suite.needs_stores for suite in selected):
            stores = opened.enter_context(ephemeral.stores())
        tallies = _all(selected=selected, stores=stores, expression=expression, directory=directory)
    lines = tally.tell(tallies=tallies)
    whole = [] if expression else [suite.name for suite in selected if suite.settings]
    covered = tally.coverage(directory=directory, root=config.ROOT, whole=whole)
    lines[-1:-1] = [covered.line, *(f"below its gate: {package}" for package in covered.under)]
    sys.stdout.write("\n" + "\n".join(line for line in lines if line) + "\n")
    passed, failed = sum(one.passed for one in tallies), sum(one.failed + one.skipped for one in tallies)
    if not passed and not failed:
        raise errors.DevstackError("no test was run", why=f"nothing matches {expression!r}", remedy="check K=")
    return 1 if failed or covered.under else 0


def _all(
    *, selected: Sequence[suites.Suite], stores: stack.Stack | None, expression: str, directory: Path
) -> list[tally.Tally]:
    def one(suite: suites.Suite) -> tally.Tally:
        return _one(suite=suite, stores=stores, expression=expression, directory=directory, quiet=len(selected) > 1)

    with futures.ThreadPoolExecutor(max_workers=BESIDE) as beside, futures.ThreadPoolExecutor(max_workers=1) as wholes:
        running = [(wholes if suite.whole else beside).submit(one, suite) for suite in selected]
        try:
            return [each.result() for each in running]
        finally:
            for waiting in running:  # after Ctrl-C
                waiting.cancel()


def _one(
    *, suite: suites.Suite, stores: stack.Stack | None, expression: str, directory: Path, quiet: bool
) -> tally.Tally:
    junit = directory / f"{suite.name}.xml"
    command = [
        *(() if suite.whole else GIVING_WAY),
        *(sys.executable, "-m", *(_measured(directory=directory) if suite.settings else ()), "pytest"),
        *(suite.path, "-q", "-p", "no:valkey", f"--junitxml={junit}", "-o", "junit_family=xunit2"),
        *(("-k", expression) if expression else ()),
    ]
    environment = environment_of(suite=suite, stores=stores)
    done = subprocess.run(  # noqa: S603  (pytest on our own tests)
        command,
        cwd=config.ROOT,
        env=environment,
        check=False,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )
    with _screen:
        sys.stdout.write(f"\n== {suite.name}\n{(done.stdout or b'').decode(errors='replace')}")
        sys.stdout.flush()
    counted = tally.read(suite=suite.name, path=junit)
    if done.returncode in {0, 1} or (done.returncode == NOTHING_COLLECTED and expression):
        return counted
    # an interrupted, broken or empty suite must not look like a passed one
    return tally.Tally(suite=suite.name, failed=max(counted.failed, 1), passed=counted.passed, levels=counted.levels)


def _measured(*, directory: Path) -> tuple[str, ...]:
    """Return what measures coverage; only in Django suites, for it slows down all code, also what is not measured."""
    return ("coverage", "run", f"--data-file={directory / 'data'}", "-m")


def environment_of(*, suite: suites.Suite, stores: stack.Stack | None) -> dict[str, str]:
    """Return the environment of a suite: a database, virtual host and cache number of its own where it needs them."""
    own_config = config.from_environment(environ=os.environ)
    inherited = stack.clean(environ=os.environ, cache_dir=own_config.cache_dir)
    if not suite.needs_stores or stores is None:
        return inherited
    number = [each.name for each in suites.ALL].index(suite.name) + 1
    own = {"CACHE_URL": stores.cache_url.removesuffix("0") + str(number), "LOG_FORMAT": "console"}
    if suite.settings:
        own |= {
            "DJANGO_SETTINGS_MODULE": suite.settings,
            "DATABASE_URL": stores.database_url(name=suite.name),
            "BROKER_URL": stores.broker_url.removesuffix("/") + suite.name,
        }
    return inherited | stores.common() | own
