"""RabbitMQ and Erlang from Debian's packages, unpacked in the cache and run in the foreground, all on loopback."""

import functools
import json
import os
import shutil
from pathlib import Path
from typing import Any

from devstack import accounts, config, debian, part, ports, readiness, suites
from devstack import stack as stacks

NAME = "rabbitmq"
ERLANG = "usr/lib/erlang"
SERVER = "usr/lib/rabbitmq/lib"

#: The port mapper first, because the node would start one of its own that outlives it; the server then replaces the
#: shell, so that signals reach the node itself (RUNNING_UNDER_SYSTEMD: no proxy process).
SCRIPT = """
"$ERLANG_BIN/epmd" -address 127.0.0.1 -port "$ERL_EPMD_PORT" &
exec "$(ls -d "$RABBITMQ_UNPACKED"/rabbitmq_server-*/sbin)/rabbitmq-server"
"""
# Schedulers that wait busily burn a third more CPU for each message, and even a very short wait costs a sixth. Only
# those of input and output wait a little: without, every file access of the boot waits for one that sleeps.
BUSY_WAIT = "+sbwt none +sbwtdcpu none +sbwtdio very_short"
ERLANG_ARGUMENTS = f"+S 2:2 +SDio 1 {BUSY_WAIT} -kernel inet_dist_use_interface {{127,0,0,1}}"


def build(*, stack: stacks.Stack) -> part.Part:
    """Describe the RabbitMQ node of a stack."""
    return part.Part(
        name=NAME,
        prepare=functools.partial(prepare, stack=stack),
        command=("/bin/sh", "-c", SCRIPT),
        cwd=stack.run_dir,
        environment=_environment(stack=stack),
        ready=functools.partial(readiness.amqp, port=stack.ports[NAME]),
        version=functools.partial(_version, stack=stack),
        ports={name: port for name, port in stack.ports.items() if name.startswith(NAME)},
        start_seconds=90,
        stop_seconds=20,
        stop_rank=6,
        remedy="read its log; `make reset` starts with an empty broker; or give BROKER_URL",
    )


def prepare(*, stack: stacks.Stack) -> None:
    """Unpack the packages at the first start and write the node's configuration."""
    unpack(cache=stack.config.cache_dir)
    home = stack.run_dir / NAME
    for directory in (home / "mnesia", home / "log"):
        directory.mkdir(parents=True, exist_ok=True)
    written = home / "rabbitmq.conf"
    written.touch(mode=0o600)
    written.write_text(_configuration(stack=stack), encoding="utf-8")
    written = home / "definitions.json"
    written.touch(mode=0o600)
    written.write_text(json.dumps(definitions(stack=stack)), encoding="utf-8")
    (home / "enabled_plugins").write_text(
        "[rabbitmq_prometheus].\n" if stack.config.watched else "[].\n", encoding="utf-8"
    )


def definitions(*, stack: stacks.Stack) -> dict[str, Any]:
    """Describe the services' accounts, and one with every right for tools and tests, each suite with its own host."""
    found = accounts.definitions(passwords={each: stack.passwords[f"{each}_broker"] for each in config.SERVICES})
    hosts = [suite.name for suite in suites.ALL if suite.settings]
    everything = {"user": "plaza", "configure": ".*", "write": ".*", "read": ".*"}
    own = {
        "users": [accounts.account(name="plaza", password=stack.passwords[NAME], tags=("administrator",))],
        "vhosts": [{"name": host} for host in hosts],
        "permissions": [{"vhost": host, **everything} for host in (accounts.HOST, *hosts)],
    }
    return {kind: found[kind] + own.get(kind, []) for kind in found}


def unpack(*, cache: Path) -> Path:
    """Return the directory of the unpacked packages, corrected for its place."""
    root = debian.unpacked(cache=cache, name=NAME, packages=["rabbitmq-server"], families=["erlang-"])
    starter = root / ERLANG / "bin" / "erl"
    content = starter.read_text(encoding="utf-8")
    placed = f"ROOTDIR={root / ERLANG}\n"
    if placed not in content:
        draft = starter.with_suffix(f".{os.getpid()}")
        draft.write_text(content.replace("ROOTDIR=/usr/lib/erlang\n", placed), encoding="utf-8")
        shutil.copymode(starter, draft)
        draft.replace(starter)
    return root


def _configuration(*, stack: stacks.Stack) -> str:
    settings = {
        "listeners.tcp.1": stack.address(name=NAME),
        "prometheus.tcp.ip": ports.LOOPBACK,
        "prometheus.tcp.port": stack.ports["rabbitmq.metrics"],
        "load_definitions": str(stack.run_dir / NAME / "definitions.json"),
        "log.console": "true",
        "log.console.level": "warning",
        "log.connection.level": "error",  # or every readiness check is a warning
        "log.file": "false",
        "vm_memory_high_watermark.absolute": "768MB",
        "disk_free_limit.absolute": "100MB",
        "collect_statistics_interval": "10000",
    }
    if not stack.config.watched:
        del settings["prometheus.tcp.ip"], settings["prometheus.tcp.port"]
    return "".join(f"{key} = {value}\n" for key, value in settings.items())


def _environment(*, stack: stacks.Stack) -> dict[str, str]:
    home, root = stack.run_dir / NAME, stack.config.cache_dir / NAME
    programs = root / ERLANG / "bin"
    inherited = stack.inherited()
    return inherited | {
        "PATH": f"{programs}{os.pathsep}{inherited['PATH']}",
        "HOME": str(home),  # the cookie of this node lies here, not in the user's home
        "ERLANG_BIN": str(programs),
        "RABBITMQ_UNPACKED": str(root / SERVER),
        "RUNNING_UNDER_SYSTEMD": "true",
        "RABBITMQ_NODENAME": "plaza@localhost",
        "RABBITMQ_DIST_PORT": str(stack.ports["rabbitmq.distribution"]),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_SERVER_ERL_ARGS": ERLANG_ARGUMENTS,
        "ERL_EPMD_PORT": str(stack.ports["rabbitmq.epmd"]),
        "ERL_EPMD_ADDRESS": ports.LOOPBACK,
        "ERL_CRASH_DUMP_SECONDS": "0",
    }


def _version(*, stack: stacks.Stack) -> str:
    found = sorted((stack.config.cache_dir / NAME / SERVER).glob("rabbitmq_server-*"))
    return found[-1].name.removeprefix("rabbitmq_server-") if found else ""
