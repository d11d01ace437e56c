"""A service's Celery app is found by its command alone: no variable names the settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVICES = Path(__file__).resolve().parents[3] / "services"


@pytest.mark.parametrize("service", ["users", "catalog", "orders"])
def test_app_loads_without_a_settings_variable(service):
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}

    loaded = subprocess.run(
        [sys.executable, "-c", f"from {service}.celery import app; print(app.conf.task_default_queue)"],
        cwd=SERVICES / service,
        env=environment
        | {"FIELD_KEYS": "7T9rY2b3m5kq2J1s8aCw1uZ0fX6h4dE9gLpVtKxNoQc=", "FIELD_INDEX_KEY": "index-key-" + "x" * 32},
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.stderr == ""
    assert loaded.stdout.strip() == f"{service}.events"
