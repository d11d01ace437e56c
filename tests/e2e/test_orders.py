"""What a customer lives through, from the gateway to the books; and the whole table of orders, in both versions."""

import csv
import io
import re
import subprocess
import sys
import uuid

import pytest
from shop import eventually

from devstack import config
from devstack.parts import service

ASKED = ["customer", "catalog.stock_reserved.v1", "users.payment_captured.v1", "catalog.stock_committed.v1"]


def test_an_order_is_paid_and_leaves_the_shelf(shop, shopper, product):
    customer, pen, cup = shopper("100.00"), product("2.50", 10), product("7.05", 5)

    order = customer.order((pen, 4), (cup, 2))

    assert (order["status"], order["reason"], order["total"], order["currency"]) == ("completed", None, "24.10", "GBP")
    lines = {line["product_id"]: (line["quantity"], line["unit_price"], line["line_total"]) for line in order["items"]}
    assert lines == {pen: (4, "2.50", "10.00"), cup: (2, "7.05", "14.10")}
    assert customer.balance() == "75.90"
    assert (shop.available(pen), shop.available(cup)) == (6, 3)
    entries = customer.get("wallet/entries/")["data"]
    assert [(entry["kind"], entry["amount"], entry["order_id"]) for entry in entries] == [
        ("payment", "-24.10", order["id"]),
        ("deposit", "100.00", None),
    ]
    assert eventually(lambda: customer.story(order["id"]) == ASKED)


def test_too_little_stock_cancels_and_takes_nothing(shop, shopper, product):
    customer, pen, cup = shopper("100.00"), product("2.50", 10), product("7.05", 1)

    order = customer.order((pen, 1), (cup, 2))

    assert (order["status"], order["reason"]) == ("cancelled", "insufficient_stock")
    assert customer.balance() == "100.00"
    assert (shop.available(pen), shop.available(cup)) == (10, 1)


def test_too_little_money_cancels_and_gives_the_stock_back(shop, shopper, product):
    customer, cup = shopper("10.00"), product("7.05", 5)

    order = customer.order((cup, 2))

    assert (order["status"], order["reason"]) == ("cancelled", "insufficient_funds")
    assert customer.balance() == "10.00"
    assert eventually(lambda: shop.available(cup) == 5)


def test_an_unknown_product_cancels(shopper):
    order = shopper().order((str(uuid.uuid4()), 1))

    assert (order["status"], order["reason"]) == ("cancelled", "unknown_product")


def test_staff_refunds_a_completed_order_and_the_goods_come_back(shop, shopper, product):
    customer, cup = shopper("50.00"), product("7.00", 5)
    order = customer.order((cup, 3))
    assert customer.call("POST", f"orders/{order['id']}/cancel/").status_code == 409

    answer = shop.staff.call("POST", f"orders/{order['id']}/cancel/")

    assert (answer.status_code, answer.json()["reason"]) == (200, "refunded")
    assert eventually(lambda: customer.balance() == "50.00")
    assert eventually(lambda: shop.available(cup) == 5)


def test_one_click_tells_what_is_missing(shopper, product):
    customer, cup = shopper("500.00"), product("7.00", 5)

    refused = customer.call("POST", f"products/{cup}/purchase/", {"quantity": 10}, version="v1", prefer="wait=20")
    bought = customer.call("POST", f"products/{cup}/purchase/", {"quantity": 5}, prefer="wait=20")

    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "Insufficient stock. Available: 5, Requested: 10"
    assert (bought.status_code, bought.json()["status"]) == (201, "completed")


def test_the_same_key_places_one_order(shopper, product):
    customer, cup = shopper("500.00"), product("7.00", 5)
    body = {"items": [{"product_id": cup, "quantity": 1}]}

    first, second = (
        customer.call("POST", "orders/", body, idempotency_key="once-1", prefer="wait=20") for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(customer.get("orders/")["data"]) == 1


def test_somebody_elses_order_does_not_exist(shopper, product):
    owner, other = shopper(), shopper()
    order = owner.order((product(), 1))

    for path in (f"orders/{order['id']}/", f"orders/{order['id']}/timeline/"):
        stranger, missing = other.call("GET", path), other.call("GET", f"orders/{uuid.uuid4()}/")
        assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
        assert stranger.json()["detail"] == missing.json()["detail"]
    assert other.call("POST", f"orders/{order['id']}/cancel/").status_code == 404


def test_a_deactivated_users_token_is_refused_everywhere_within_seconds(shopper):
    customer = shopper()
    assert customer.call("GET", "orders/").status_code == 200

    assert customer.call("DELETE", "users/me/").status_code == 204

    for path in ("orders/", "wallet/"):
        # Each process looks at its revocations once a second; orders hears of this one through an event.
        assert eventually(lambda path=path: customer.call("GET", path).status_code == 401)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_whole_table(shop, shopper, product, version):
    customer, cup = shopper("100.00"), product("7.50", 10)
    one, many = ("data", "results") if version == "v1" else (None, "data")

    def ask(who, method, path, body=None, *, expected=200, **headers):
        answer = who.call(method, path, body, version=version, **headers)
        assert answer.status_code == expected, (path, answer.text)
        assert ("deprecation" in answer.headers) == (version == "v1")
        return answer

    def thing(answer):
        return answer.json()[one] if one else answer.json()

    items = {"items": [{"product_id": cup, "quantity": 1}, {"product_id": cup, "quantity": 1}]}
    placed = ask(customer, "POST", "orders/", items, expected=201, prefer="wait=20", idempotency_key="table")
    order = thing(placed)
    path = f"orders/{order['id']}/"
    assert placed.headers["location"] == f"/api/{version}/{path}"
    assert (order["status"], order["total"], order["items"][0]["quantity"]) == ("completed", "15.00", 2)
    assert thing(ask(customer, "GET", path)) == order
    assert thing(ask(customer, "GET", path, prefer="wait=20")) == order
    bought = ask(customer, "POST", f"products/{cup}/purchase/", {"quantity": 1}, expected=201, prefer="wait=20")
    ids = [thing(bought)["id"], order["id"]]

    def listed(who, query=""):
        return [row["id"] for row in ask(who, "GET", f"orders/{query}").json()[many]]

    mine = f"user_id={customer.user['id']}"
    assert listed(customer) == listed(customer, "?status=completed") == listed(shop.staff, f"?{mine}") == ids
    assert listed(customer, f"?created_before={order['placed_at']}") == []
    assert listed(customer, f"?created_after={order['placed_at']}&status=completed") == ids
    assert listed(customer, "?status=cancelled") == []
    for wrong in ("status=lost", "colour=red", "created_after=soon"):
        assert wrong.partition("=")[0] in ask(customer, "GET", f"orders/?{wrong}", expected=400).text
    ask(customer, "GET", f"orders/?{mine}", expected=403)

    assert eventually(lambda: customer.story(order["id"]) == ASKED)
    entries = ask(customer, "GET", f"{path}timeline/").json()[many]
    assert [entry["to"] for entry in entries] == ["pending", "processing", "completed", "completed"]
    assert len({entry["trace_id"] for entry in entries}) == 1
    assert re.fullmatch("[0-9a-f]{32}", entries[0]["trace_id"])

    ask(customer, "POST", f"{path}cancel/", expected=409)
    assert thing(ask(shop.staff, "POST", f"{path}cancel/"))["reason"] == "refunded"
    exported = ask(shop.staff, "GET", f"orders/export/?{mine}&status=cancelled")
    assert exported.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(exported.text))
    assert (row["id"], row["reason"], row["total"]) == (order["id"], "refunded", "15.00")
    assert row["items"].endswith(" x 2")
    added = thing(ask(shop.staff, "GET", "orders/statistics/"))
    assert added["total"] == sum(added["by_status"].values())
    assert (added["by_reason"]["refunded"] > 0, len(added["revenue"]["days"])) == (True, 30)
    for forbidden in ("orders/export/", "orders/statistics/"):
        ask(customer, "GET", forbidden, expected=403)


def test_the_three_services_agree_about_every_order(system, shopper, product):
    customer, cup = shopper("10.00"), product("7.00", 2)
    order = customer.order((cup, 1))
    assert customer.order((cup, 1))["reason"] == "insufficient_funds"
    assert eventually(lambda: customer.story(order["id"]) == ASKED)

    done = subprocess.run(
        [sys.executable, "manage.py", "audit_across", "--age", "0"],
        cwd=config.ROOT / "services" / "orders",
        env=service.environment(stack=system.stack, service="orders") | system.stack.audit_urls(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "every invariant holds"), done.stdout + done.stderr


def test_an_import_makes_products(shop):
    mark = uuid.uuid4().hex[:8]
    rows = [f"IMP-{mark}-{number},Imported {mark} {number},1.50,7" for number in range(30)]
    rows[3] = f"IMP-{mark}-3,Imported,minus one,7"
    content = "\n".join(["sku,name,price,on_hand", *rows]).encode()
    headers = {"Authorization": f"Bearer {shop.staff.token}"}

    sent = shop.http.post("/api/v2/products/import/", files={"file": ("p.csv", content, "text/csv")}, headers=headers)

    assert sent.status_code == 202, sent.text
    path = f"imports/{sent.json()['id']}/"
    done = eventually(lambda: (found := shop.staff.get(path))["status"] == "completed" and found)
    assert (done["processed"], done["created"], done["failed"]) == (30, 29, 1)
    assert done["errors"][0]["line"] == 5


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/health/", "/admin/", "/api/v3/orders/", "/api/"])
def test_nothing_internal_is_reachable(shop, path):
    answer = shop.http.get(path)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_bad_input_is_refused_in_the_right_shape_and_does_nothing(shop, shopper, product):
    customer, cup = shopper("50.00"), product("7.00", 5)
    good = {"product_id": cup, "quantity": 1}
    cases = [
        ({"items": [{**good, "quantity": 0}]}, 400, "validation_error", "items.0.quantity"),
        ({"items": [{**good, "price": "0.01"}]}, 400, "validation_error", "items.0.price"),
        ({"items": [good], "total": "0.01"}, 400, "validation_error", "total"),
        ({"items": []}, 400, "validation_error", "items"),
        ({"items": [good] * 1501}, 400, "validation_error", "items"),
    ]

    for body, status, code, field in cases:
        answer = customer.call("POST", "orders/", body)
        assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (status, code, [field])
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["X-Request-ID"] == answer.json()["request_id"]
    assert customer.get("orders/")["data"] == []
    assert shop.available(cup) == 5


def test_malformed_stale_and_oversized_requests_are_refused_in_the_right_shape(shop, shopper):
    customer = shopper()
    headers = {"Authorization": f"Bearer {customer.token}", "Content-Type": "application/json"}

    malformed = shop.http.post("/api/v1/orders/", content=b'{"items": [', headers=headers)
    stale = shop.http.get("/api/v2/orders/", headers={"Authorization": "Bearer " + customer.token[:-4] + "AAAA"})
    oversized = shop.http.post("/api/v2/orders/", content=b"x" * 20_000_000, headers=headers)

    assert (malformed.status_code, malformed.json()["error"]["code"]) == (400, "validation_error")
    assert (stale.status_code, stale.json()["code"]) == (401, "token_not_valid")
    assert (oversized.status_code, oversized.json()["status"]) == (413, 413)
    assert customer.get("orders/")["data"] == []


def test_every_path_on_the_index_page_leads_somewhere(shop):
    page = shop.http.get("/").text
    paths = re.findall(r"<b>([A-Z]+)</b><span>(/api/[^<]+)</span>", page)

    answers = {
        (method, path): shop.http.request(method, re.sub(r"{[^}]+}", str(uuid.uuid4()), path)) for method, path in paths
    }

    assert len(paths) > 15
    nowhere = [key for key, answer in answers.items() if "nothing at this address" in answer.text]
    assert nowhere == []
    assert {answer.status_code for answer in answers.values()} <= {200, 400, 401, 404, 415}
