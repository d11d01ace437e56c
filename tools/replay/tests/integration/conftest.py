"""A market in memory behind a real HTTP server: what the replay uses of the public API, with faults."""

import contextlib
import csv
import io
import json
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

STAFF = ("staff@example.com", "Staff!123")
Reply = tuple[int, dict[str, Any], dict[str, str]]


class Market:
    """Everything the market knows; one lock around every request."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.users: dict[str, dict[str, Any]] = {STAFF[0]: {"id": str(uuid.uuid4()), "password": STAFF[1]}}
        self.tokens: dict[str, str] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.imports: dict[str, dict[str, Any]] = {}
        self.entries: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.stored: dict[str, tuple[bytes, Reply]] = {}
        self.hits: Counter[str] = Counter()
        self.page_size = 2
        self.expires_in = 900
        self.slow = False
        self.fault: Callable[[str], str] = lambda _: ""
        self.bad_row = ""

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Reply:
        route = f"{method} {_shape(path)}"
        self.hits[route] += 1
        handler = ROUTES.get(route)
        if handler is None:
            return problem(404, "not_found")
        user = self.tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if route not in PUBLIC and user is None:
            return problem(401, "token_not_valid")
        key = headers.get("Idempotency-Key")
        call = {"path": path, "query": query, "user": user, "headers": headers, "body": body}
        if not key:
            return handler(self, call)
        if key in self.stored:
            sent, (status, stored, extra) = self.stored[key]
            return (
                (status, stored, extra | {"Idempotency-Replayed": "true"}) if sent == body else problem(422, "reused")
            )
        reply = handler(self, call)
        if reply[0] < 400:
            self.stored[key] = (body, json.loads(json.dumps(reply)))
        return reply

    def register(self, call: dict[str, Any]) -> Reply:
        data = json.loads(call["body"])
        if data["email"] in self.users:
            return problem(400, "validation_error", email=["This address is taken."])
        self.users[data["email"]] = {"id": str(uuid.uuid4()), "password": data["password"]}
        return 201, {"id": self.users[data["email"]]["id"]}, {}

    def login(self, call: dict[str, Any]) -> Reply:
        data = json.loads(call["body"])
        user = self.users.get(data["email"])
        if user is None or user["password"] != data["password"]:
            return problem(401, "authentication_failed")
        return self._tokens(user["id"])

    def refresh(self, call: dict[str, Any]) -> Reply:
        user = self.tokens.pop(json.loads(call["body"])["refresh"], None)
        return self._tokens(user) if user else problem(401, "token_not_valid")

    def _tokens(self, user: str) -> Reply:
        access, refresh = str(uuid.uuid4()), str(uuid.uuid4())
        self.tokens |= {access: user, refresh: user}
        return (
            200,
            {"access": access, "refresh": refresh, "expires_in": self.expires_in, "user": {"id": user}},
            {},
        )

    def take_products(self, call: dict[str, Any]) -> Reply:
        kind = f"Content-Type: {call['headers']['Content-Type']}\r\n\r\n".encode()
        form: Any = BytesParser().parsebytes(kind + call["body"])
        (part,) = form.get_payload()
        assert part.get_param("name", header="content-disposition") == "file"
        rows = list(csv.DictReader(io.StringIO(part.get_payload(decode=True).decode())))
        job: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "status": "completed",
            "processed": len(rows),
            "error": None,
            "failed": 0,
            "errors": [],
        }
        for row in rows:
            if row["sku"] == self.bad_row:
                job["failed"] += 1
                job["errors"].append({"sku": row["sku"]})
                continue
            product = self.products.setdefault(row["sku"], {"id": str(uuid.uuid4())})
            product |= {"sku": row["sku"], "price": row["price"], "available": int(row["on_hand"])}
        self.imports[job["id"]] = job
        return 202, {"id": job["id"], "status": "pending"}, {}

    def import_state(self, call: dict[str, Any]) -> Reply:
        return 200, self.imports[call["path"].split("/")[4]], {}

    def list_products(self, call: dict[str, Any]) -> Reply:
        return self._page(sorted(self.products.values(), key=lambda each: each["id"]), call)

    def deposit(self, call: dict[str, Any]) -> Reply:
        data = json.loads(call["body"])
        self._book(data["user_id"], "deposit", Decimal(data["amount"]))
        return 201, {"id": str(uuid.uuid4())}, {}

    def list_entries(self, call: dict[str, Any]) -> Reply:
        mine = [{k: v for k, v in each.items() if k != "user"} for each in self.entries if each["user"] == call["user"]]
        return self._page(mine, call)

    def _page(self, rows: list[dict[str, Any]], call: dict[str, Any]) -> Reply:
        start = int(call["query"].get("cursor", 0))
        end = start + self.page_size
        following = f"http://elsewhere.example{call['path']}?cursor={end}&limit=100" if end < len(rows) else None
        return 200, {"data": rows[start:end], "next": following, "previous": None}, {}

    def _book(self, user: str, kind: str, amount: Decimal, order: str | None = None) -> None:
        self.entries.append({"user": user, "kind": kind, "amount": f"{amount:.2f}", "order_id": order})

    def place(self, call: dict[str, Any]) -> Reply:
        if any(o["user_id"] == call["user"] and o["status"] == "pending" for o in self.orders.values()):
            return problem(409, "pending_order_exists", headers={"Retry-After": "0"})
        order = {
            "id": str(uuid.uuid4()),
            "user_id": call["user"],
            "status": "pending",
            "reason": "",
            "items": json.loads(call["body"])["items"],
            "total": None,
        }
        self.orders[order["id"]] = order
        if self.slow:
            return 202, order, {}
        self._settle(order)
        return 201, order, {"Preference-Applied": "wait"}

    def show(self, call: dict[str, Any]) -> Reply:
        order = self.orders[call["path"].split("/")[4]]
        if order["status"] == "pending" and "Prefer" in call["headers"]:
            self._settle(order)
        return 200, order, {}

    def _settle(self, order: dict[str, Any]) -> None:
        by_id = {product["id"]: product for product in self.products.values()}
        wanted = [(by_id[item["product_id"]], item["quantity"]) for item in order["items"]]
        if any(product["available"] < units for product, units in wanted):
            order |= {"status": "cancelled", "reason": "insufficient_stock"}
            return
        for product, units in wanted:
            product["available"] -= units
        total = sum((Decimal(product["price"]) * units for product, units in wanted), Decimal("0.00"))
        order |= {"status": "completed", "total": f"{total:.2f}"}
        self._book(order["user_id"], "payment", -total, order["id"])

    def deposits(self) -> int:
        return sum(entry["kind"] == "deposit" for entry in self.entries)


def problem(status: int, code: str, headers: dict[str, str] | None = None, **errors: list[str]) -> Reply:
    return status, {"status": status, "code": code, "detail": f"{code}.", "errors": errors}, headers or {}


def _shape(path: str) -> str:
    parts = path.removeprefix("/api/v2/").strip("/").split("/")
    return "/".join("{id}" if len(part) == 36 else part for part in parts)


PUBLIC = {"POST users", "POST auth/login", "POST auth/refresh", "GET products"}
ROUTES: dict[str, Callable[[Market, dict[str, Any]], Reply]] = {
    "POST users": Market.register,
    "POST auth/login": Market.login,
    "POST auth/refresh": Market.refresh,
    "POST products/import": Market.take_products,
    "GET imports/{id}": Market.import_state,
    "GET products": Market.list_products,
    "POST wallet/deposits": Market.deposit,
    "GET wallet/entries": Market.list_entries,
    "POST orders": Market.place,
    "GET orders/{id}": Market.show,
}


class Handler(BaseHTTPRequestHandler):
    """HTTP around the market; a fault is `refuse`, `throttle`, `drop` (before) or `lose` (after the work)."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        market, url = self.server.market, urlsplit(self.path)
        with market.lock:
            fault = market.fault(f"{self.command} {url.path}")
            if fault == "refuse":
                reply = problem(503, "service_unavailable", headers={"Retry-After": "0"})
            elif fault == "throttle":
                reply = problem(429, "throttled", headers={"Retry-After": "0"})
            elif fault != "drop":
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                reply = market.answer(self.command, url.path, query, self.headers, body)
        if fault in {"drop", "lose"}:
            self.close_connection = True
            return
        self._write(*reply)

    def _write(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(payload))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


for _method in ("GET", "POST"):
    setattr(Handler, f"do_{_method}", Handler.serve)


class Server(ThreadingHTTPServer):
    """The market's door."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.market = Market()


def opened() -> Server:
    """Open the door at a free port of those that tests may use."""
    while True:
        with contextlib.suppress(OSError):
            return Server(random.randint(20000, 32000))


@pytest.fixture
def server() -> Iterator[Server]:
    running = opened()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def market(server: Server) -> Market:
    return server.market


@pytest.fixture
def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def trouble() -> Callable[[str], str]:
    """Every third request goes wrong, in one way or another."""
    chance = random.Random(7)
    return lambda _: chance.choices(("", "refuse", "throttle", "drop", "lose"), weights=(66, 10, 4, 8, 12))[0]
