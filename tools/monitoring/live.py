"""A running stack's Prometheus and Alertmanager, asked over HTTP."""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

SECONDS = 10.0


class Prometheus:
    """Its API (https://prometheus.io/docs/prometheus/latest/querying/api/).

    Args:
        url: where it is, without a final slash.
    """

    def __init__(self, *, url: str) -> None:
        self._url = url

    def now(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression as it is now, each with `metric` and `value`; raises OSError."""
        return self._result("query", {"query": expression})

    def since(self, expression: str, *, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """Return the series of an expression, each with `metric` and `values`; raises OSError.

        Args:
            expression: PromQL.
            start: Unix time.
            end: Unix time.
            step: seconds between two points.
        """
        return self._result("query_range", {"query": expression, "start": start, "end": end, "step": step})

    def _result(self, kind: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        told = get(f"{self._url}/api/v1/{kind}?{urllib.parse.urlencode(asked)}")
        return list(told["data"]["result"])


def get(url: str) -> Any:
    """Return the JSON at an address; raises OSError."""
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310  (our own stack)
        return json.load(answer)


def post(url: str, content: Any) -> None:
    """Send JSON to an address; raises OSError."""
    body, kind = json.dumps(content).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, kind), timeout=SECONDS):  # noqa: S310  (our own stack)
        pass
