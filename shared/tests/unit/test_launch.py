"""Containers name a process; it becomes the right program, with an empty directory for its metrics."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared import launch
from shared.testing.ports import free_port


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.launch", *arguments],
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("process", "starts", "ends"),
    [
        ("web", ("gunicorn", "-c", "python:shared.gunicorn"), ("orders.wsgi",)),
        ("worker", ("shared.celery", "worker"), ("orders.celery",)),
        ("beat", ("shared.celery", "beat"), ("orders.celery",)),
    ],
)
def test_a_server_is_a_module_of_this_interpreter(process, starts, ends):
    found = launch.server(process=process, service="orders")

    assert found[: len(starts)] == starts
    assert found[-len(ends) :] == ends


def test_migrating_also_lets_the_audit_read_and_declares_the_queues():
    done = launch.commands(process="migrate", arguments=[])
    assert done == [["migrate", "--no-input"], ["grant_audit"], ["declare_queues"]]
    assert launch.commands(process="manage", arguments=["audit", "--format", "json"]) == [["audit", "--format", "json"]]


@pytest.mark.parametrize(("arguments", "service"), [((), "users"), (("wbe",), "users"), (("web",), "")])
def test_what_is_no_process_is_refused_with_the_usage(arguments, service):
    done = run(*arguments, SERVICE=service)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", launch.USAGE)


def test_metrics_of_an_earlier_start_are_gone_and_the_mount_stays(tmp_path: Path):
    (tmp_path / "counter_7.db").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "gauge.db").write_bytes(b"old")
    before = tmp_path.stat().st_ino

    launch.empty(directory=tmp_path)

    assert list(tmp_path.iterdir()) == []
    assert tmp_path.stat().st_ino == before


def test_a_server_replaces_the_launcher(tmp_path: Path):
    (tmp_path / "old.db").write_bytes(b"old")
    (tmp_path / "gunicorn.py").write_text("import os, sys; print(os.getpid(), *sys.argv[1:])")
    environment = {"SERVICE": "orders", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}

    with subprocess.Popen(
        [sys.executable, "-m", "shared.launch", "web"],
        env={"PATH": os.defpath, "PYTHONPATH": str(tmp_path), **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        said, _ = process.communicate(timeout=120)

    assert said == f"{process.pid} -c python:shared.gunicorn orders.wsgi\n"
    assert (tmp_path / "metrics").is_dir()


def test_a_command_leaves_the_metrics_of_the_server_beside_it(tmp_path: Path):
    (tmp_path / "counter_1.db").write_bytes(b"living")

    done = run("manage", "help", SERVICE="users", PROMETHEUS_MULTIPROC_DIR=str(tmp_path))

    assert "These environment variables are missing or wrong" in done.stderr
    assert (tmp_path / "counter_1.db").read_bytes() == b"living"


def test_a_web_server_with_wrong_settings_says_so_and_ends(tmp_path: Path):
    own = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"), "WEB_BIND": f"127.0.0.1:{free_port()}"}

    # One worker: where a second one ends meanwhile, gunicorn stumbles over it and ends with 1.
    done = run("web", SERVICE="users", WEB_WORKERS="1", **own)

    assert done.returncode == 4
    assert "These environment variables are missing or wrong" in done.stderr
