"""The gateway's configuration, filled in: where it listens, where the services are, which page stands at `/`.

All rules are in envoy.yaml beside this file; nothing here knows a route.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "envoy.yaml"
INDEX_PAGE = HERE / "index.html"
SERVICES = ("users", "catalog", "orders")

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_HARMLESS = re.compile(r"[^\"\\\x00-\x1f]*")
_RATIO = re.compile(r"0(\.\d+)?|1(\.0+)?|\.\d+", re.ASCII)
_OPTIONAL = r"^ *# {name} begin.*?# {name} end\n"
_INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


class ConfigurationError(ValueError):
    """A value that cannot go into the configuration, with the name of what was given."""


def render(
    *,
    listen: str,
    admin: str,
    upstreams: Mapping[str, str],
    access_log: str = "/dev/stdout",
    collector: str = "",
    status: str = "",
    overrides: Mapping[str, str] | None = None,
) -> str:
    """Return the complete Envoy configuration.

    Args:
        listen: `host:port` for the public listener.
        admin: `host:port` for the admin page, which also serves the Prometheus statistics.
        upstreams: `host:port` of users, catalog and orders.
        access_log: the file for one JSON line per request.
        collector: where spans go, OTLP over plain HTTP, without /v1/traces; empty for nowhere.
        status: `host:port` of a status page to show under /status/; empty for none.
        overrides: other variables of envoy.yaml by name, such as RATE_PER_SECOND (PUBLIC_URL: else `listen`).

    Raises:
        ConfigurationError: an address is malformed, an upstream is missing, or a variable has no value.

    """
    if missing := [name for name in SERVICES if name not in upstreams]:
        raise ConfigurationError(f"no upstream given for: {', '.join(missing)}")
    addresses = {"listen": listen, "admin": admin} | {name: upstreams[name] for name in SERVICES}
    values = {"ACCESS_LOG": access_log, "INDEX_PAGE": str(INDEX_PAGE), "PUBLIC_URL": f"http://{listen}"}
    values |= overrides or {}
    for name, address in addresses.items():
        values[f"{name.upper()}_HOST"], values[f"{name.upper()}_PORT"] = _split(name=name, address=address)
    page = Path(values["INDEX_PAGE"]).read_text(encoding="utf-8")
    text = TEMPLATE.read_text(encoding="utf-8")
    values |= _collector(url=collector) if collector else {}
    if status:
        values["STATUS_HOST"], values["STATUS_PORT"] = _split(name="status", address=status)
    text = _without(text=text, names=[name for name, given in (("traces", collector), ("status", status)) if not given])
    return fill(text=text, values=values | {"INDEX_CSP": policy(page=page)})


def render_from_environment(*, environ: Mapping[str, str] = os.environ) -> str:
    """Return the configuration for a container: LISTEN, ADMIN, USERS, CATALOG, ORDERS are `host:port`.

    Args:
        environ: the environment; any other variable of envoy.yaml may be given in it by its name.

    Raises:
        ConfigurationError: as `render`.

    """
    text = TEMPLATE.read_text(encoding="utf-8")
    known = {match[1] for match in _VARIABLE.finditer(text)}
    return render(
        listen=environ.get("LISTEN", "0.0.0.0:8080"),
        admin=environ.get("ADMIN", "127.0.0.1:9901"),
        upstreams={name: environ.get(name.upper(), f"{name}-web:8000") for name in SERVICES},
        collector=environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        overrides=sampling(environ=environ) | {name: environ[name] for name in known & environ.keys()},
    )


def sampling(*, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that makes the gateway record as many traces as the services do.

    Args:
        environ: the environment, with OTEL_TRACES_SAMPLER_ARG or not.

    Raises:
        ConfigurationError: that is no number from 0 to 1.

    """
    given = environ.get("OTEL_TRACES_SAMPLER_ARG", "")
    if not given:
        return {}
    if not _RATIO.fullmatch(given):
        raise ConfigurationError(f"OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not {given!r}")
    return {"TRACES_PERCENT": f"{100 * float(given):g}"}


def fill(*, text: str, values: Mapping[str, str]) -> str:
    """Replace `${NAME}` and `${NAME:-default}` in a text.

    Args:
        text: the template.
        values: what the names stand for.

    Raises:
        ConfigurationError: a name has neither value nor default, or a value could end its quotes.

    """

    def replace(match: re.Match[str]) -> str:
        value = values.get(match[1], match[2])
        if value is None:
            raise ConfigurationError(f"{match[1]} has no value and no default")
        if not _HARMLESS.fullmatch(value):
            raise ConfigurationError(f"{match[1]} may hold no quote, backslash or line end: {value!r}")
        return value

    return _VARIABLE.sub(replace, text)


def policy(*, page: str) -> str:
    """Return the Content-Security-Policy that allows a page's own inline style and script and nothing else.

    Args:
        page: the HTML text. Its hashes are those of CSP level 3, section 2.3.1.

    """
    hashes: dict[str, list[str]] = {"style": [], "script": []}
    for kind, content in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    allowed = {kind: " ".join(found) or "'none'" for kind, found in hashes.items()}
    return (
        f"default-src 'none'; style-src {allowed['style']}; script-src {allowed['script']}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _without(*, text: str, names: Iterable[str]) -> str:
    """Return the template without the blocks of these names."""
    for name in names:
        text = re.sub(_OPTIONAL.format(name=name), "", text, flags=re.DOTALL | re.MULTILINE)
    return text


def _collector(*, url: str) -> dict[str, str]:
    """Return the variables of a collector's address."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"}:
        raise ConfigurationError(f"the gateway sends traces over plain HTTP to http://host:port, not to {url!r}")
    host, port = _split(name="collector", address=f"{parts.hostname}:{parts.port or 80}")
    return {"COLLECTOR_HOST": host, "COLLECTOR_PORT": port, "COLLECTOR_URL": f"{url.rstrip('/')}/v1/traces"}


def _split(*, name: str, address: str) -> tuple[str, str]:
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (_HOST.fullmatch(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65536):  # noqa: PLR2004
        raise ConfigurationError(f"{name} must be host:port, not {address!r}")
    return host, port
