"""The gateway's configuration as a file of the chart: made from gateway/, because a chart can read only itself."""

import gateway
from devstack import config

FOLDER = config.ROOT / "helm" / "plaza" / "files"
PAGE = "/etc/envoy/index.html"  # where the chart mounts the index page
_OPEN = ("PUBLIC_URL", "RATE_PER_SECOND", "RATE_BURST", "TRACES_PERCENT")
"""Variables that the chart's values fill in; they stay as @NAME@."""
_COLLECTOR = {"http://collector.invalid:65000/v1/traces": "URL", "collector.invalid": "HOST", "65000": "PORT"}
"""Stands for the collector of traces, whose address is checked when it is rendered; the longest text first."""


def files() -> dict[str, str]:
    """Return the files by name: the configuration, with RELEASE- before the services' names, and the index page."""
    environ = {
        "LISTEN": "0.0.0.0:8080",
        "ADMIN": "0.0.0.0:9901",
        **{name.upper(): f"RELEASE-{name}:8000" for name in gateway.SERVICES},
        **{name: f"@{name}@" for name in _OPEN},
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid:65000",
    }
    text = gateway.render_from_environment(environ=environ).replace(str(gateway.INDEX_PAGE), PAGE)
    for stand_in, name in _COLLECTOR.items():
        text = text.replace(stand_in, f"@COLLECTOR_{name}@")
    return {"envoy.yaml": text, "index.html": gateway.INDEX_PAGE.read_text(encoding="utf-8")}
