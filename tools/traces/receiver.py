"""An OTLP/HTTP receiver in memory: what any part of the system sends, as spans by trace."""

import dataclasses
import gzip
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_FAILED = 2  # Status.StatusCode in OTLP's trace.proto


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    """One span; times in nanoseconds since 1970."""

    trace: str
    id: str
    parent: str
    service: str
    name: str
    kind: str
    began: int
    ended: int
    failed: bool
    attributes: Mapping[str, Any]


class Receiver:
    """Listens on loopback until closed.

    Args:
        port: 0 for any free one.
    """

    def __init__(self, port: int = 0) -> None:
        self._lock = threading.Lock()
        self._spans: list[Span] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT should say."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes) -> None:
        """Keep what an export request carries; raises google.protobuf's DecodeError for anything else."""
        found = read(body)
        with self._lock:
            self._spans += found

    def spans(self, trace: str = "") -> list[Span]:
        """Return the spans of a trace, or of all, by when they began."""
        with self._lock:
            found = [span for span in self._spans if not trace or span.trace == trace]
        return sorted(found, key=lambda span: span.began)


def read(body: bytes) -> list[Span]:
    """Return the spans of an export request."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        _span(span, str(_plain(resource.resource.attributes).get("service.name", "")))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _span(span: Any, service: str) -> Span:
    return Span(
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        service=service,
        name=span.name,
        kind=_KINDS[span.kind],
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        failed=span.status.code == _FAILED,
        attributes=_plain(span.attributes),
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    """Return the handler that gives a receiver what arrives."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self._body()
            receiver.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _body(self) -> bytes:
            """Read the body, which Envoy sends in chunks (RFC 9112, section 7.1)."""
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
