"""Alertmanager from Debian's package: what Prometheus finds wrong goes to the status page, which notes it."""

import functools
import json
import os
import shutil
from pathlib import Path
from typing import Any

from devstack import debian, part, readiness
from devstack import stack as stacks

NAME = "alertmanager"
PACKAGE = "prometheus-alertmanager"
#: Debian's program reads its templates from here. There is no option for it, so that the unpacked copy is told to look
#: where it is started; a path of the same length leaves everything else in the file in its place.
TEMPLATES = b"/usr/share/prometheus/alertmanager"
HERE = b"./".ljust(len(TEMPLATES), b"/")


def build(*, stack: stacks.Stack) -> part.Part:
    """Describe the Alertmanager of a stack; who sends alerts and who hears of them may come and go."""
    return part.Part(
        name=NAME,
        prepare=functools.partial(prepare, stack=stack),
        command=tuple(_program(stack=stack)),
        cwd=_root(stack=stack) / TEMPLATES.decode().lstrip("/"),
        environment=stack.inherited(),
        ready=functools.partial(readiness.http, port=stack.ports[NAME], path="/-/ready"),
        version=functools.partial(_version, stack=stack),
        ports={NAME: stack.ports[NAME]},
        start_seconds=60,
        stop_seconds=10,
        stop_rank=5,
    )


def prepare(*, stack: stacks.Stack) -> None:
    """Unpack the package at the first start and write who is told of what."""
    unpack(cache=stack.config.cache_dir)
    home = stack.run_dir / NAME
    home.mkdir(parents=True, exist_ok=True)
    (home / "alertmanager.yml").write_text(json.dumps(configuration(stack=stack), indent=1), encoding="utf-8")


def unpack(*, cache: Path) -> Path:
    """Return the directory of the unpacked package, corrected for its place."""
    root = debian.unpacked(cache=cache, name=NAME, packages=[PACKAGE])
    program = root / "usr" / "bin" / PACKAGE
    content = program.read_bytes()
    if TEMPLATES in content:
        draft = program.with_suffix(f".{os.getpid()}")
        draft.write_bytes(content.replace(TEMPLATES, HERE))
        shutil.copymode(program, draft)
        draft.replace(program)
    return root


def configuration(*, stack: stacks.Stack) -> dict[str, Any]:
    """Group alerts as k8s/monitoring/compose/alertmanager.yml does, and tell the status page of each group."""
    notes = f"http://{stack.address(name='status')}/notifications"
    return {
        "route": {
            "receiver": "status",
            "group_by": ["alertname", "service"],
            "group_wait": "5s",
            "group_interval": "15s",
            "repeat_interval": "4h",
        },
        "inhibit_rules": [
            {
                "source_matchers": ['alertname="BrokerDown"'],
                "target_matchers": ['alertname=~"WorkerNotConsuming|OutboxOld"'],
            }
        ],
        "receivers": [{"name": "status", "webhook_configs": [{"url": notes}]}],
    }


def _program(*, stack: stacks.Stack) -> list[str]:
    home = stack.run_dir / NAME
    return [
        str(_root(stack=stack) / "usr" / "bin" / PACKAGE),
        f"--config.file={home / 'alertmanager.yml'}",
        f"--storage.path={home / 'data'}",
        f"--web.listen-address={stack.address(name=NAME)}",
        "--cluster.listen-address=",  # alone: no port for others of its kind
        "--log.level=warn",
    ]


def _root(*, stack: stacks.Stack) -> Path:
    return stack.config.cache_dir / NAME


def _version(*, stack: stacks.Stack) -> str:
    changelogs = _root(stack=stack).glob("usr/share/doc/prometheus-alertmanager/changelog.Debian.gz")
    return debian.version(changelog=next(changelogs, None))
