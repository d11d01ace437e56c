"""Prometheus from Debian's package: scrapes every process of the stack that has metrics."""

import functools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from devstack import config, debian, part, readiness
from devstack import stack as stacks

NAME = "prometheus"
KEPT = "7d"
RULES = config.ROOT / "k8s" / "monitoring" / "rules"
#: Runbooks are files of this repository, unless alerts.yaml names an address; on this stack the status page has them.
RUNBOOKS_KEY = "runbook_url: "
RUNBOOKS = f"{RUNBOOKS_KEY}docs/runbooks/"
#: Debian's program reads its web pages from /usr/share. Where this user may, an overlay in a mount namespace of its own
#: puts them there; where not, Prometheus runs without its web pages and answers its API all the same.
SCRIPT = """
share=$1; shift
mounted='mount -t overlay plaza -o lowerdir="$0":/usr/share /usr/share'
if unshare -rm /bin/sh -c "$mounted" "$share" 2>/dev/null; then
  exec unshare -rm /bin/sh -c "$mounted"' && exec setpriv --pdeathsig TERM -- "$@"' "$share" "$@"
fi
echo "no overlay possible: running without the web pages"
exec "$@"
"""


def build(*, stack: stacks.Stack) -> part.Part:
    """Describe the Prometheus of a stack; it comes last, or it would call somebody for what is only starting."""
    return part.Part(
        name=NAME,
        needs=("gateway",),
        prepare=functools.partial(prepare, stack=stack),
        command=("/bin/sh", "-c", SCRIPT, "sh", str(_root(stack=stack) / "usr" / "share"), *_program(stack=stack)),
        cwd=stack.run_dir,
        environment=stack.inherited(),
        ready=functools.partial(readiness.http, port=stack.ports[NAME], path="/-/ready"),
        version=functools.partial(_version, stack=stack),
        ports={NAME: stack.ports[NAME]},
        start_seconds=60,
        stop_seconds=10,
        stop_rank=5,
    )


def prepare(*, stack: stacks.Stack) -> None:
    """Unpack the package at the first start and write the list of targets."""
    if not shutil.which(NAME):
        unpack(cache=stack.config.cache_dir)
    home = stack.run_dir / NAME
    (home / "rules").mkdir(parents=True, exist_ok=True)
    for rules in RULES.glob("*.yaml"):
        text = rules.read_text(encoding="utf-8").replace(
            RUNBOOKS, f"{RUNBOOKS_KEY}{stack.gateway_url}/status/runbooks/"
        )
        (home / "rules" / rules.name).write_text(text, encoding="utf-8")
    # JSON is YAML (https://yaml.org/spec/1.2.2/#12-yaml-history)
    (home / "prometheus.yml").write_text(json.dumps(configuration(stack=stack), indent=1), encoding="utf-8")


def unpack(*, cache: Path) -> Path:
    """Return the directory of the unpacked package and of what its web pages are made of."""
    return debian.unpacked(cache=cache, name=NAME, packages=[NAME], families=["libjs-", "fonts-"])


def configuration(*, stack: stacks.Stack) -> dict[str, Any]:
    """List the rules and everything that is scraped: the processes of the services, the gateway, RabbitMQ."""
    jobs = [
        _job(
            name=service,
            path="/metrics",
            targets=[(process, stack.address(name=f"{service}.{process}.management")) for process in config.PROCESSES],
        )
        for service in config.SERVICES
    ]
    jobs.append(
        _job(name="gateway", path="/stats/prometheus", targets=[("envoy", stack.address(name="gateway.admin"))])
    )
    if not stack.is_given(part="rabbitmq"):
        jobs.append(_job(name="rabbitmq", path="/metrics", targets=[("node", stack.address(name="rabbitmq.metrics"))]))
    return {
        "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
        "rule_files": [str(stack.run_dir / NAME / "rules" / "*.yaml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [stack.address(name="alertmanager")]}]}]},
        "scrape_configs": jobs,
    }


def _job(*, name: str, path: str, targets: Sequence[tuple[str, str]]) -> dict[str, object]:
    listed = [{"targets": [address], "labels": {"process": process}} for process, address in targets]
    return {"job_name": name, "metrics_path": path, "static_configs": listed}


def _program(*, stack: stacks.Stack) -> list[str]:
    home = stack.run_dir / NAME
    return [
        shutil.which(NAME) or str(_root(stack=stack) / "usr" / "bin" / NAME),
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--storage.tsdb.retention.time={KEPT}",
        f"--web.listen-address={stack.address(name=NAME)}",
        f"--web.external-url=http://{stack.address(name=NAME)}/",  # links in alerts lead here
        "--log.level=warn",
    ]


def _root(*, stack: stacks.Stack) -> Path:
    return stack.config.cache_dir / NAME


def _version(*, stack: stacks.Stack) -> str:
    changelogs = _root(stack=stack).glob("usr/share/doc/prometheus/changelog.Debian.gz")
    return debian.version(changelog=next(changelogs, None))
