"""What is kept of a run that broke a promise: its schedule, its story, what was found, and every log."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

from devstack import config
from devstack import stack as stacks
from tools.chaos.run import Result

MOST = 5
"""So many runs are kept; the oldest go."""


def keep(*, result: Result, stack: stacks.Stack) -> Path:
    """Copy what explains a run to `chaos/` in the run directory; returns the folder."""
    home = config.from_environment(environ=os.environ).run_dir / "chaos"
    name = "-".join(filter(None, ["seed", str(result.options.seed), result.options.mutant]))
    folder = home / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(stack.logs, folder / "logs")
    (folder / "story.txt").write_text("\n".join(result.lines) + "\n", encoding="utf-8")
    _write(folder / "schedule.json", [strike.told() for strike in result.plan])
    _write(folder / "violations.json", [dataclasses.asdict(each) for each in result.violations])
    _write(folder / "evidence.json", dataclasses.asdict(result.evidence))
    _write(folder / "history.json", dataclasses.asdict(result.history))
    _write(folder / "samples.json", [dataclasses.asdict(each) for each in result.watched.samples])
    _thin(home)
    return folder


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, default=_plain), encoding="utf-8")


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _thin(home: Path) -> None:
    by_age = sorted((each for each in home.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    for old in by_age[:-MOST]:
        shutil.rmtree(old, ignore_errors=True)
