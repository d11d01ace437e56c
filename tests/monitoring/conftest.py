"""The suite "monitoring": SLOs, rules, runbooks and dashboards, held to the metrics that exist; needs promtool only."""

import os

import pytest

from devstack import config
from tools.monitoring import promtool, sources


@pytest.fixture(scope="session")
def root():
    return config.ROOT


@pytest.fixture(scope="session")
def promises(root):
    return sources.promises(root=root)


@pytest.fixture(scope="session")
def alerts(root):
    return sources.alerts(root=root)


@pytest.fixture(scope="session")
def prometheus_says(root):
    """Run promtool; returns exit code and text. Without promtool this is an error, never a skip."""
    cache = config.from_environment(environ=os.environ).cache_dir

    def run(*arguments, cwd=root):
        return promtool.run(cache=cache, arguments=[str(each) for each in arguments], cwd=cwd)

    return run
