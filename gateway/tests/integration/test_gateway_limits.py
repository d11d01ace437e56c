"""Sizes, rates and times: what is too much is refused in the API's shape, and never reaches a service."""

import json
import socket
import time
from collections.abc import Callable

import httpx
import pytest

MIB = 1024 * 1024


def test_a_body_of_one_mebibyte_passes_and_one_byte_more_does_not(edge):
    fits = edge.client.post("/api/v2/orders/", content=b"x" * MIB)
    exceeds = edge.client.post("/api/v2/orders/", content=b"x" * (MIB + 1))

    assert (fits.status_code, fits.json()["length"]) == (200, MIB)
    assert exceeds.status_code == 413
    assert edge.hits() == ["orders: POST /api/v2/orders/"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_20_mb_is_refused_as_a_problem(edge, chunked):
    body = b"x" * 20_000_000

    answer = edge.client.post("/api/v2/users/", content=iter([body]) if chunked else body)

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "https://plaza.example/problems/request_too_large",
        "title": "Content Too Large",
        "status": 413,
        "detail": "The body is larger than this endpoint accepts.",
        "instance": "/api/v2/users/",
        "code": "request_too_large",
        "errors": {},
        "request_id": answer.headers["x-request-id"],
    }
    assert edge.hits() == []


def test_a_body_of_20_mb_is_refused_in_the_v1_shape(edge):
    answer = edge.client.post("/api/v1/users/", content=b"x" * 20_000_000)

    assert answer.json() == {
        "error": {
            "status_code": 413,
            "message": "The body is larger than this endpoint accepts.",
            "code": "request_too_large",
            "details": {},
        }
    }


@pytest.mark.parametrize("path", ["/api/v2/products/import/", "/api/v1/products/import"])
def test_an_import_of_20_mb_passes(edge, path):
    answer = edge.client.post(path, content=b"x" * 20_000_000)

    assert (answer.status_code, answer.json()["service"], answer.json()["length"]) == (
        200,
        "catalog",
        20_000_000,
    )


def test_an_import_is_streamed_to_the_service_while_it_arrives(edge):
    head = b"POST /api/v2/products/import/ HTTP/1.1\r\nHost: plaza\r\nContent-Length: 400000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", edge.port), timeout=120) as connection:
        connection.sendall(head + b"x" * 200_000)
        deadline = time.monotonic() + 120
        while edge.services["catalog"].received < 200_000 and time.monotonic() < deadline:
            time.sleep(0.02)
        halfway = edge.services["catalog"].received
        connection.sendall(b"x" * 200_000)
        answer = connection.recv(65536)

    assert halfway == 200_000
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_import_above_200_mib_is_refused_by_its_announced_length(edge):
    answer = edge.raw(
        b"POST /api/v2/products/import/ HTTP/1.1\r\nHost: plaza\r\nContent-Length: %d\r\n\r\n" % (200 * MIB + 1)
    )

    assert answer.startswith(b"HTTP/1.1 413 Payload Too Large\r\n")
    assert json.loads(answer.split(b"\r\n\r\n")[1])["code"] == "request_too_large"
    assert edge.hits() == []


def test_an_import_without_a_length_is_asked_for_one(edge):
    answer = edge.client.post("/api/v2/products/import/", content=iter([b"sku,name\n"]))

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert answer.json()["detail"] == "An import needs a Content-Length."
    assert edge.hits() == []


def until_refused(ask: Callable[[], httpx.Response]) -> tuple[int, httpx.Response]:
    """Ask until there is a 429; returns how many passed before, and the refusal."""
    for passed in range(1000):
        if (answer := ask()).status_code == 429:
            return passed, answer
        assert answer.status_code == 200
    raise AssertionError("never refused")


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/v2/orders/", "application/problem+json"), ("/api/v1/orders/", "application/json")],
)
def test_beyond_the_rate_comes_429_with_retry_after(start, path, kind):
    tight = start(RATE_BURST="3", RATE_PER_SECOND="1")

    begun = time.monotonic()
    passed, refused = until_refused(lambda: tight.client.get(path))
    assert 3 <= passed <= 4 + time.monotonic() - begun  # the bucket gains a token a second meanwhile
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == kind
    shape = refused.json()
    error = shape.get("error", shape)
    assert (error["code"], error.get("message", error.get("detail"))) == (
        "throttled",
        "Too many requests. Please slow down.",
    )


def test_one_callers_flood_leaves_another_callers_tokens(start):
    tight = start(RATE_BURST="3", RATE_PER_SECOND="1")
    neighbour = httpx.Client(base_url=tight.url, transport=httpx.HTTPTransport(local_address="127.0.0.2"), timeout=120)

    until_refused(lambda: tight.client.get("/api/v2/orders/"))
    with neighbour:
        spared = neighbour.get("/api/v2/orders/")

    assert (spared.status_code, spared.json()["headers"]["x-forwarded-for"]) == (200, "127.0.0.2")


def test_a_service_that_is_down_is_503_with_retry_after(start):
    broken = start(down=("orders",))

    problem = broken.client.post("/api/v2/orders/", json={})
    error = broken.client.post("/api/v1/products/1/purchase/", json={})
    neighbour = broken.client.get("/api/v2/users/")

    assert (problem.status_code, problem.headers["retry-after"]) == (503, "1")
    assert (problem.json()["code"], problem.json()["instance"]) == ("service_unavailable", "/api/v2/orders/")
    assert problem.json()["detail"] == "The service cannot be reached at the moment. Please try again."
    assert (error.headers["retry-after"], error.json()["error"]["status_code"]) == ("1", 503)
    assert neighbour.status_code == 200


def test_a_page_of_a_service_that_is_down_names_the_address_asked_for(start):
    broken = start(down=("orders",))

    assert broken.client.get("/orders/docs/?x=1").json()["instance"] == "/orders/docs/"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_services_own_5xx_is_passed_on_once_and_unchanged(edge, method):
    answer = edge.client.request(method, "/api/v2/orders/?status=503")

    assert (answer.status_code, answer.json()["service"]) == (503, "orders")
    assert edge.hits() == [f"orders: {method} /api/v2/orders/?status=503"]


def test_a_post_that_a_service_dropped_is_not_sent_again(edge):
    answer = edge.client.post("/api/v2/orders/?drop=1", json={})

    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert edge.hits() == ["orders: POST /api/v2/orders/?drop=1"]


def test_an_answer_that_does_not_come_is_504(strict_edge):
    answer = strict_edge.client.get("/api/v2/orders/?sleep=20")

    assert (answer.status_code, answer.json()["code"]) == (504, "gateway_timeout")
    assert answer.json()["detail"] == "The service did not answer in time. Please try again."


def test_a_slow_answer_within_the_limit_passes(edge):
    answer = edge.client.get("/api/v2/orders/?sleep=1.2")

    assert answer.status_code == 200


@pytest.mark.parametrize("missing", [b"Length: 10\r\n\r\nabc", b"Len"], ids=["rest of the body", "rest of the headers"])
def test_a_request_that_does_not_arrive_is_408(strict_edge, missing):
    strict_edge.forget()
    answer = strict_edge.raw(b"POST /api/v2/orders/ HTTP/1.1\r\nHost: plaza\r\nContent-" + missing, seconds=120)

    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert json.loads(answer.split(b"\r\n\r\n")[1])["code"] == "request_timeout"
    assert strict_edge.hits() == []
