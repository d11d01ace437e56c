"""A client of the public API with the verbs of the tests."""

import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

PASSWORD = "Correct-horse-7-battery"
FINAL = {"completed", "cancelled"}

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], seconds: float = 120.0) -> Found:
    """Return the first true thing that `look` finds within the time; fails otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not so within {seconds} s")


class Caller:
    """Someone with a token."""

    def __init__(self, http: httpx.Client, token: str, user: dict[str, Any]) -> None:
        self.http = http
        self.user = user
        self.token = token

    def call(self, method: str, path: str, body: Any = None, version: str = "v2", **headers: str) -> httpx.Response:
        """Send a request with the token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(
            method, f"/api/{version}/{path}", json=body, headers={"Authorization": f"Bearer {self.token}", **named}
        )

    def get(self, path: str, **headers: str) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self.call("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Shopper(Caller):
    """A customer."""

    def order(self, *lines: tuple[str, int], wait: int = 20) -> dict[str, Any]:
        """Place an order and return it: once it is final, unless nobody waits for it."""
        items = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines]
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        answer = self.call("POST", "orders/", {"items": items}, idempotency_key=str(uuid.uuid4()), **headers)
        assert answer.status_code in {201, 202}, answer.text
        order: dict[str, Any] = answer.json()
        return self.settled(order["id"]) if wait and order["status"] not in FINAL else order

    def settled(self, order_id: str, seconds: float = 90.0) -> dict[str, Any]:
        """Return the order once it is final."""

        def look() -> dict[str, Any] | None:
            answer = self.call("GET", f"orders/{order_id}/", prefer="wait=5")
            return answer.json() if answer.status_code == 200 and answer.json()["status"] in FINAL else None

        return eventually(look, seconds)  # type: ignore[return-value]

    def balance(self) -> str:
        """Return what is in the wallet."""
        return str(self.get("wallet/")["balance"])

    def story(self, order_id: str) -> list[str]:
        """Return the causes in the order's timeline."""
        return [entry["cause"] for entry in self.get(f"orders/{order_id}/timeline/")["data"]]


class Shop:
    """The system behind a gateway."""

    def __init__(self, base: str, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=base, timeout=60)
        self.credentials = (email, password)
        self.staff = self.login(email, password, Caller)

    def login(self, email: str, password: str, kind: type[Any]) -> Any:
        """Return someone logged in."""
        answer = self.http.post("/api/v2/auth/login/", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return kind(self.http, answer.json()["access"], answer.json()["user"])

    def customer(self, email: str, money: str) -> Shopper:
        """Register a customer, with money in the wallet."""
        body = {"email": email, "username": "shopper", "password": PASSWORD, "password_confirm": PASSWORD}
        assert self.http.post("/api/v2/users/", json=body).status_code == 201
        shopper: Shopper = self.login(email, PASSWORD, Shopper)
        deposit = {"user_id": shopper.user["id"], "amount": money, "reference": "gift"}
        answer = self.staff.call("POST", "wallet/deposits/", deposit, idempotency_key=str(uuid.uuid4()))
        assert answer.status_code == 201, answer.text
        return shopper

    def product(self, sku: str, price: str, stock: int) -> str:
        """Make a product and put it on the shelf; returns its id."""
        made = self.staff.call("POST", "products/", {"sku": sku, "name": f"Product {sku}", "price": price})
        assert made.status_code == 201, made.text
        product_id = str(made.json()["id"])
        stocked = self.staff.call("PATCH", f"products/{product_id}/stock/", {"on_hand": stock})
        assert stocked.status_code == 200, stocked.text
        return product_id

    def available(self, product_id: str) -> int:
        """Return how many can be bought."""
        return int(self.staff.get(f"products/{product_id}/")["available"])
