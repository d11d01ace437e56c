"""Fixtures of devstack's tests: the command line as a user calls it, in a run directory of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from devstack import config, processes, stack


class Commands:
    """`python -m devstack …` with its own run directory."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir

    def __call__(self, *arguments: str, code: int = 0, **environment: str) -> str:
        cache_dir = config.from_environment(environ=os.environ).cache_dir
        own = {"PLAZA_RUN_DIR": str(self.run_dir), "PLAZA_CACHE_DIR": str(cache_dir)}
        done = subprocess.run(
            [sys.executable, "-m", "devstack", *arguments],
            cwd=config.ROOT,
            env=stack.clean(environ=os.environ, cache_dir=cache_dir) | own | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def status(self) -> dict[str, Any]:
        """What `status --format json` says, parts by name."""
        told: dict[str, Any] = json.loads(self("status", "--format", "json"))
        return told | {"parts": {part["name"]: part for part in told["parts"]}}

    def living(self) -> list[psutil.Process]:
        """All living processes of this stack."""
        return processes.of_stack(stack=self.run_dir)


@pytest.fixture
def devstack(tmp_path: Path) -> Iterator[Commands]:
    """The command line; whatever it started is ended after the test."""
    commands = Commands(tmp_path / "run")
    yield commands
    processes.clear(stack=commands.run_dir, seconds=5)
