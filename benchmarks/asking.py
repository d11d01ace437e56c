"""One HTTP request, for seeing that a server answers before it is measured."""

import http.client
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

_PATIENCE = 60.0  # seconds


def get(url: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Ask once; returns status and body."""
    address = urlsplit(url)
    with closing(http.client.HTTPConnection(address.netloc, timeout=_PATIENCE)) as link:
        link.request("GET", url.partition(address.netloc)[2], headers=dict(headers))
        answer = link.getresponse()
        return answer.status, answer.read()
