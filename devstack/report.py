"""What a person is told about a running stack: the summary of `up` and the table of `status`."""

import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from devstack import backups, daemon, demo, files, processes, progress
from devstack import config as configuration
from devstack import stack as stacks

MIB = 1024 * 1024
NUMBERS = {"pid", "memory", "restarts", "uptime"}
WIDE = 180
"""Columns of the table when it goes into a file or a pipe."""


def summary(*, stack: stacks.Stack, order: demo.Order, seconds: float) -> None:
    """Print where everything is, the logins, a line to paste, and how the first order went."""
    console, url = Console(soft_wrap=True, highlight=False), stack.gateway_url
    body, password = order.body, stack.passwords["seed"]
    line = demo.curl(url=url, password=password, product_id=body["items"][0]["product_id"])
    rows = {
        "gateway": f"{url}/  (index of all pages)",
        "API": f"{url}/api/v2/",
        "status": f"{url}/status/",
        "Prometheus": f"http://{stack.address(name='prometheus')}/",
        "Alertmanager": f"http://{stack.address(name='alertmanager')}/api/v2/alerts",
        "staff": f"{demo.STAFF}  {password}",
        "customer": f"{demo.CUSTOMER}  {password}",
        "first order": _first_order(body=body, seconds=order.seconds),
        "data and logs": str(stack.run_dir),
    }
    console.print(f"\n[bold green]Plaza is up[/] (in {seconds:.1f} s)\n")
    for title, text in rows.items():
        console.print(f"  [bold]{title:<14}[/]{text}", markup=True)
    console.print("\n  Buy one more:\n")
    console.print(f"{line}\n", markup=False)


def facts(*, stack: stacks.Stack, order: demo.Order) -> dict[str, Any]:
    """Collect what a program needs to use the running system."""
    password = stack.passwords["seed"]
    return {
        "gateway": stack.gateway_url,
        "prometheus": f"http://{stack.address(name='prometheus')}",
        "alertmanager": f"http://{stack.address(name='alertmanager')}",
        "staff": {"email": demo.STAFF, "password": password},
        "customer": {"email": demo.CUSTOMER, "password": password},
        "first_order": {"id": order.body["id"], "status": order.body["status"], "seconds": round(order.seconds, 3)},
    }


def addresses(*, stack: stacks.Stack, names: Sequence[str]) -> int:
    """Print the addresses of stores as lines for a shell."""
    known = {"postgres": "DATABASE_SERVER_URL", "rabbitmq": "BROKER_URL", "valkey": "CACHE_URL"}
    common = stack.common()
    for name in names:
        sys.stdout.write(f"export {known[name]}={common[known[name]]}\n")
    return 0


def _first_order(*, body: dict[str, Any], seconds: float) -> str:
    reason = f" ({body['reason']})" if body.get("reason") else ""
    money = f", {body['total']} {body.get('currency', '')}".rstrip() if body.get("total") else ""
    return f"{body['status']}{reason} after {seconds:.2f} s{money}, id {body['id']}"


def status(*, config: configuration.Config, form: str) -> int:
    """Print every part as it is now; form is `table` or `json`."""
    told = describe(config=config)
    if form == "json":
        Console(soft_wrap=True, highlight=False).print(json.dumps(told, indent=1), markup=False)
        return 0
    console = Console() if Console().is_terminal else Console(width=WIDE)
    console.print(_table(told=told) if told["parts"] else "Nothing is running; `make up` starts it.")
    if told["parts"]:
        total = sum(one["memory_bytes"] for one in told["parts"])
        console.print(f"{told['phase']}, {total / MIB:.0f} MiB, gateway {told['gateway']}, data {told['run_dir']}")
    if told["backups"]:
        console.print(backups.line(told=told["backups"]))
    return 0


def describe(*, config: configuration.Config) -> dict[str, Any]:
    """Collect what `status` shows; memory is resident, children included, in bytes."""
    told = daemon.state(config=config)
    known = files.read(path=config.run_dir / "ports.json")
    given = files.read(path=config.run_dir / "given.json") if told else {}
    parts = [_part(name=name, one=one) for name, one in told.get("parts", {}).items()]
    if told:
        parts.append(_supervisor(identity=told["supervisor"]))
    parts += [_given(name=configuration.SERVERS[key], url=url) for key, url in given.items()]
    return {
        "phase": told.get("phase", "down"),
        "gateway": f"http://127.0.0.1:{known['gateway']}" if told else "",
        "run_dir": str(config.run_dir),
        "parts": parts,
        "backups": _backups(
            config=dataclasses.replace(config, given_servers=given), names={one["name"] for one in parts}
        ),
    }


def _backups(*, config: configuration.Config, names: set[str]) -> list[dict[str, Any]]:
    if "postgres" not in names:
        return []
    now = datetime.now(tz=UTC)
    return [each.facts(now=now) for each in backups.newest(running=stacks.load_stack(config=config))]


def _part(*, name: str, one: dict[str, Any]) -> dict[str, Any]:
    running = bool(one["pid"])
    return {
        "name": name,
        "status": one["status"],
        "pid": one["pid"],
        "ports": one["ports"],
        "version": one["version"],
        "memory_bytes": processes.memory(pid=one["pid"]) if running else 0,
        "restarts": one["restarts"],
        "last_exit": one["last_exit"],
        "uptime_seconds": round(time.time() - one["started_at"], 1) if running else 0.0,
        "note": one["note"],
    }


def _supervisor(*, identity: dict[str, Any]) -> dict[str, Any]:
    own = {"status": "ready", "pid": identity["pid"], "ports": {}, "version": "", "restarts": 0, "last_exit": ""}
    described = _part(name="supervisor", one=own | {"started_at": identity["created"], "note": ""})
    return described | {"memory_bytes": processes.memory(pid=identity["pid"], children=False)}


def _given(*, name: str, url: str) -> dict[str, Any]:
    address = urlsplit(url)
    where = {name: address.port or 0}
    blank = {"pid": None, "version": "", "memory_bytes": 0, "restarts": 0, "last_exit": "", "uptime_seconds": 0.0}
    return {"name": name, "status": "given", "ports": where, "note": f"on {address.hostname}"} | blank


def _table(*, told: dict[str, Any]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("part", "state", "pid", "ports", "version", "memory", "restarts", "uptime", "last exit / note"):
        table.add_column(
            title, no_wrap=True, justify="right" if title in {"pid", "memory", "restarts", "uptime"} else "left"
        )
    for one in told["parts"]:
        style = progress.STYLES.get(one["status"], "dim")
        table.add_row(
            one["name"],
            f"[{style}]{one['status']}[/]",
            str(one["pid"] or ""),
            " ".join(str(port) for port in one["ports"].values()),
            one["version"],
            f"{one['memory_bytes'] / MIB:.0f} MiB" if one["memory_bytes"] else "",
            str(one["restarts"] or ""),
            _duration(seconds=one["uptime_seconds"]),
            one["note"] or one["last_exit"],
        )
    return table


def _duration(*, seconds: float) -> str:
    if not seconds:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
