"""What a caller may tell a service by headers, and which id a request has."""

import json
import re

import pytest

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SPOOFED = {
    "X-Forwarded-For": "1.2.3.4, 5.6.7.8",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=1.2.3.4",
    "X-Real-IP": "1.2.3.4",
    "X-Original-URL": "/admin",
    "X-Rewrite-URL": "/admin",
    "X-HTTP-Method-Override": "DELETE",
    "X-Envoy-Internal": "true",
    "X-Envoy-Upstream-Rq-Timeout-Ms": "1",
    "X-Envoy-Retry-On": "5xx",
    "X-Gateway-Request-Id": "abcdefgh",
}


def test_headers_that_speak_for_a_proxy_are_replaced_by_what_the_gateway_knows(edge):
    answer = edge.client.get("/api/v2/users/", headers=SPOOFED)

    seen = answer.json()["headers"]
    assert {
        name
        for name in seen
        if name.startswith(("x-envoy", "x-forwarded", "x-real", "x-orig", "x-rew", "x-http", "forw", "x-gat"))
    } == {
        "x-forwarded-for",
        "x-forwarded-proto",
    }
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "http")


def test_what_belongs_to_the_caller_passes(edge):
    sent = {
        "Authorization": "Bearer abc",
        "Idempotency-Key": "k-1",
        "Prefer": "wait=30",
        "If-Match": '"x"',
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "Host": "shop.example",
    }

    seen = edge.client.get("/api/v2/orders/", headers=sent).json()["headers"]

    assert {name: seen[name.lower()] for name in sent} == sent


@pytest.mark.parametrize("given", ["abcdefgh", "A-1" * 20, "a" * 64, "018f2b6c-7d3a-7c3e-8a55-0123456789ab"])
def test_a_sane_request_id_is_kept_as_it_is(edge, given):
    answer = edge.client.get("/api/v2/users/", headers={"X-Request-ID": given})

    assert answer.headers.get_list("x-request-id") == [given]
    assert answer.json()["headers"]["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "short77", "a" * 65, "with space1", "new\u00e9new1", "semi;colon", "a_b_c_d_e"])
def test_any_other_request_id_is_replaced(edge, given):
    answer = edge.client.get("/api/v2/users/", headers=[(b"X-Request-ID", given.encode("latin1"))])

    (returned,) = answer.headers.get_list("x-request-id")
    assert UUID.fullmatch(returned)
    assert answer.json()["headers"]["x-request-id"] == returned


def test_two_request_ids_are_none(edge):
    answer = edge.client.get("/api/v2/users/", headers=[("X-Request-ID", "abcdefgh"), ("X-Request-ID", "ijklmnop")])

    assert UUID.fullmatch(answer.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/", "/users/docs"])
def test_the_gateways_own_answers_carry_the_id_too(edge, path):
    answer = edge.client.get(path, headers={"X-Request-ID": "my-request-1"})

    assert answer.headers.get_list("x-request-id") == ["my-request-1"]


def test_a_request_refused_before_it_had_an_id_gets_a_new_one(edge):
    answer = edge.raw(b"GET /api/v2/%00 HTTP/1.1\r\nHost: plaza\r\nX-Request-ID: not!sane!\r\n\r\n")

    head, body = answer.split(b"\r\n\r\n")
    (returned,) = re.findall(r"x-request-id: (.*)\r\n", head.decode())
    assert UUID.fullmatch(returned)
    assert json.loads(body)["request_id"] == returned


@pytest.mark.parametrize("path", ["/api/v2/users/", "/nothing", "/"])
def test_an_answer_does_not_tell_what_made_it(edge, path):
    answer = edge.client.get(path)

    assert {name for name in answer.headers if name.startswith("x-envoy") or name in {"server", "via"}} == set()
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


def test_the_index_page_stands_alone_under_a_strict_policy(edge):
    answer = edge.client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith(
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert "unsafe" not in policy
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", answer.text) == []
    assert re.findall(r"<h3>(\w+)</h3>", answer.text) == ["users", "catalog", "orders"]


def test_the_access_log_has_one_json_line_per_request_without_secrets(edge):
    edge.client.get(
        "/users/docs/?email=ada@example.org",
        headers={"Authorization": "Bearer secret", "X-Request-ID": "log-line-1", "User-Agent": 'a"b'},
    )
    edge.client.get("/nothing?token=secret", headers={"X-Request-ID": "log-line-2"})

    (first,), (second,) = edge.logged("log-line-1"), edge.logged("log-line-2")
    assert "secret" not in first + second
    assert "ada@example.org" not in first + second
    line = json.loads(first)
    assert {
        name: line[name] for name in ("service", "method", "path", "status", "upstream", "client", "request_id")
    } == {
        "service": "gateway",
        "method": "GET",
        "path": "/users/docs/",
        "status": 200,
        "upstream": "users",
        "client": "127.0.0.1",
        "request_id": "log-line-1",
    }
    assert (json.loads(second)["status"], json.loads(second)["request_id"]) == (404, "log-line-2")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/problem+json", "text/csv", "application/json; charset=utf-8"]
)
def test_a_long_text_answer_is_compressed(edge, kind):
    answer = edge.client.get("/api/v2/products/", params={"pad": "2000", "type": kind})

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["pad"] == "x" * 2000


@pytest.mark.parametrize(
    "query",
    [
        "/api/v2/products/?pad=10",  # not worth it
        "/api/v2/products/1/?pad=2000&etag=1",  # would lose its strong tag
        "/api/v2/auth/login/?pad=2000",  # carries secrets
        "/api/v2/products/?pad=2000&type=image/png",
    ],
)
def test_other_answers_are_left_as_they_are(edge, query):
    answer = edge.client.get(query)

    assert "content-encoding" not in answer.headers
    assert answer.headers.get("etag") == ('"abc"' if "etag" in query else None)


def test_the_type_of_a_problem_leads_to_its_explanation(edge):
    kind = edge.client.get("/nothing").json()["type"]

    answer = edge.client.get(kind.removeprefix("https://plaza.example"))

    assert kind == "https://plaza.example/problems/not_found"
    assert (answer.status_code, answer.headers["location"]) == (302, f"{edge.url}/#not_found")


@pytest.mark.parametrize(
    "code",
    [
        "validation_error",
        "authentication_failed",
        "token_not_valid",
        "insufficient_stock",
        "pending_order_exists",
        "idempotency_key_reused",
        "precondition_failed",
        "throttled",
        "service_unavailable",
    ],
)
def test_the_index_page_explains_each_code(edge, code):
    assert edge.client.get("/").text.count(f'id="{code}"') == 1
