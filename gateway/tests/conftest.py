"""A real Envoy in front of three real HTTP servers that answer with what they got."""

import json
import random
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import envoy
import httpx
import hypothesis
import pytest

import gateway

PATIENCE = 120.0
"""Seconds: many times what a busy machine needs; only a test that fails waits for so long."""

hypothesis.settings.register_profile("patient", deadline=None)  # the machine may be busy
hypothesis.settings.load_profile("patient")

ENVOY = Path(envoy.__file__).parent / "_bin" / "envoy"


class Echo(BaseHTTPRequestHandler):
    """Answer with the request; sleep, pad, status, etag, type and drop in the query shape the answer."""

    protocol_version = "HTTP/1.1"
    server: "Service"

    def answer(self) -> None:
        wish = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.hits.append(f"{self.command} {self.path}")
        body = self._body()
        if "drop" in wish:
            self.close_connection = True
            return
        time.sleep(float(wish.get("sleep", 0)))
        self._write(wish, body)

    def _body(self) -> bytes:
        left, parts = int(self.headers.get("Content-Length") or 0), []
        while left and (part := self.rfile.read1(min(left, 65536))):
            left -= len(part)
            self.server.received += len(part)
            parts.append(part)
        return b"".join(parts)

    def _write(self, wish: Mapping[str, str], body: bytes) -> None:
        seen = {
            "service": self.server.name,
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body[:100].decode("latin1"),
            "length": len(body),
            "pad": "x" * int(wish.get("pad", 0)),
        }
        payload = json.dumps(seen).encode()
        self.send_response(int(wish.get("status", 200)))
        self.send_header("Content-Type", wish.get("type", "application/json"))
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("X-Envoy-Upstream-Service-Time", "1")
        if "etag" in wish:
            self.send_header("ETag", '"abc"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
    setattr(Echo, f"do_{_method}", Echo.answer)


class Service(ThreadingHTTPServer):
    """One upstream, with what reached it."""

    daemon_threads = True

    def __init__(self, name: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), Echo)
        self.name = name
        self.hits: list[str] = []
        self.received = 0


def free_port() -> int:
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@dataclass(kw_only=True)
class Gateway:
    """A running gateway: its address, its admin address, its access log, and the services behind it."""

    url: str
    port: int
    admin: str
    log: Path
    services: Mapping[str, Service]
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE)

    def forget(self) -> None:
        for service in self.services.values():
            service.hits.clear()
            service.received = 0

    def hits(self) -> list[str]:
        return [f"{name}: {hit}" for name, service in self.services.items() for hit in service.hits]

    def logged(self, request_id: str) -> list[str]:
        """Return a request's lines of the access log, which Envoy writes a little later."""
        deadline = time.monotonic() + PATIENCE
        while not (found := [line for line in self.log.read_text().splitlines() if request_id in line]):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        return found

    def raw(self, data: bytes, *, seconds: float = 5) -> bytes:
        """Send bytes as they are and return all that comes until the gateway hangs up or falls silent."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(data)
            try:
                while part := connection.recv(65536):
                    answer += part
                    if _complete(answer):
                        break
            except TimeoutError:
                pass
        return answer


def _complete(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return bool(found and length and len(body) >= int(length[1]))


@pytest.fixture(scope="session")
def services() -> Iterator[Mapping[str, Service]]:
    running = {name: Service(name, free_port()) for name in gateway.SERVICES}
    threads = [threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True) for each in running.values()]
    for thread in threads:
        thread.start()
    yield running
    for each in running.values():
        each.shutdown()
        each.server_close()


@pytest.fixture(scope="session")
def start(
    services: Mapping[str, Service], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Gateway]]:
    """Start a gateway with other settings: `start(down=("orders",), RATE_BURST="5")`."""
    processes: list[subprocess.Popen[bytes]] = []
    gateways: list[Gateway] = []

    def run(*, down: tuple[str, ...] = (), collector: str = "", status: str = "", **overrides: str) -> Gateway:
        place = tmp_path_factory.mktemp("gateway")
        port, admin = free_port(), free_port()
        upstreams = {name: f"127.0.0.1:{each.server_port}" for name, each in services.items()}
        upstreams |= {name: f"127.0.0.1:{free_port()}" for name in down}
        text = gateway.render(
            listen=f"127.0.0.1:{port}",
            admin=f"127.0.0.1:{admin}",
            upstreams=upstreams,
            access_log=str(place / "access.log"),
            collector=collector,
            status=status,
            overrides=overrides,
        )
        (place / "envoy.yaml").write_text(text)
        options = f"--base-id {port} --concurrency 1 --log-level warning --file-flush-interval-msec 50".split()
        command: list[str | Path] = [ENVOY, "--config-path", place / "envoy.yaml", *options]
        with (place / "envoy.log").open("wb") as log:
            processes.append(subprocess.Popen(command, stdout=log, stderr=log))
        running = Gateway(
            url=f"http://127.0.0.1:{port}",
            port=port,
            admin=f"http://127.0.0.1:{admin}",
            log=place / "access.log",
            services=services,
        )
        gateways.append(running)
        _wait(running, processes[-1], place / "envoy.log")
        return running

    yield run
    for each in gateways:
        each.client.close()
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=PATIENCE)


def _wait(running: Gateway, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(2000):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{running.admin}/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"Envoy did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def shared_edge(start: Callable[..., Gateway]) -> Gateway:
    return start(REQUEST_TIMEOUT="20s", HEADERS_TIMEOUT="1s", PUBLIC_URL="https://plaza.example")


@pytest.fixture(scope="session")
def strict_edge(start: Callable[..., Gateway]) -> Gateway:
    """A gateway that waits for nobody."""
    return start(REQUEST_TIMEOUT="2s", HEADERS_TIMEOUT="1s")


@pytest.fixture
def edge(shared_edge: Gateway) -> Gateway:
    """The usual gateway, with nothing remembered by the services."""
    shared_edge.forget()
    return shared_edge
