"""Starting: what loading each service costs, how long until a web process is ready, and the whole local stack."""

import os
import subprocess
import sys
import time
from functools import partial

from benchmarks import machine
from benchmarks.figures import Sample
from benchmarks.results import Section
from benchmarks.stage import Stage, program
from benchmarks.turns import in_turn, say
from devstack import config, processes

NAME = "starting"
STORES = ("postgres", "rabbitmq", "valkey")
_SERVICES = ("users", "catalog", "orders")


def measure(stage: Stage) -> Section:
    """Measure loading in turn with an ordinary Django service, then readiness, then the stack."""
    stage.migrate(*_SERVICES)
    section = Section(name=NAME, title="Starting")
    contenders = {name: partial(_loaded, stage, name, f"import {name}.wsgi", sys.executable) for name in _SERVICES}
    contenders["ordinary DRF"] = partial(
        _loaded, stage, "catalog", "import benchmarks.peers.ordinary.wsgi", program("python3"), ordinary=True
    )
    section.contenders(in_turn(contenders, rounds=stage.rounds), unit="loads")
    stage.trust({"keys": []})
    seconds = [_ready(stage, name) for name in _SERVICES]
    section.ratio("web process ready, seconds, the slowest service", max(seconds))
    if not stage.quick:
        _stack(section)
    section.notes.append("Loaded: the WSGI application imported by a new Python, bytecode there already.")
    return section


def _loaded(stage: Stage, name: str, statement: str, python: str, *, ordinary: bool = False) -> Sample:
    environment = stage.environment(name)
    if ordinary:
        environment["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.ordinary.settings"
    before, begun = os.times(), time.monotonic()
    subprocess.run([python, "-c", statement], env=environment, check=True)  # noqa: S603 (our own)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Sample(count=1, seconds=time.monotonic() - begun, cpu=cpu)


def _ready(stage: Stage, name: str) -> float:
    """Return the seconds until a web process answers that it is ready."""
    begun, address = time.monotonic(), stage.free_address()
    with stage.web(name, MANAGEMENT_BIND=address):
        stage.answer(f"http://{address}/readyz", {})
        return time.monotonic() - begun


def _stack(section: Section) -> None:
    """Start the local stack twice in a folder of its own; note the second time, and its memory."""
    folder = config.ROOT / ".run" / "bench" / "stack"
    environment = {**os.environ, "PLAZA_RUN_DIR": str(folder), "PLAZA_SHARED_BUFFERS": "128MB"}
    command = [sys.executable, "-m", "devstack"]
    os.sched_setaffinity(0, machine.all_cores())
    try:
        for _ in range(2):
            subprocess.run([*command, "down"], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            begun = time.monotonic()
            subprocess.run([*command, "up"], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            seconds = time.monotonic() - begun
            say(f"    make up: {seconds:.1f} s")
        section.ratio("make up, second time, seconds", seconds)
        found = processes.of_stack(stack=folder)
        section.ratio("the local stack, GiB", sum(machine.memory_mb(each.pid, alone=True) for each in found) / 1024)
    finally:
        subprocess.run([*command, "reset"], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        os.sched_setaffinity(0, machine.other_cores())
