"""Which address reaches which service, and that nothing else reaches any."""

import pytest


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("users/", "users"),
        ("users", "users"),
        ("users/me/", "users"),
        ("users/export/", "users"),
        ("auth/login/", "users"),
        ("auth/password/reset/confirm/", "users"),
        ("wallet/", "users"),
        ("wallet/entries/", "users"),
        ("jobs/018f/", "users"),
        ("categories/", "catalog"),
        ("categories/lamps/", "catalog"),
        ("products/", "catalog"),
        ("products", "catalog"),
        ("products/018f/", "catalog"),
        ("products/018f/stock/", "catalog"),
        ("products/export/", "catalog"),
        ("products/import/", "catalog"),
        ("imports/018f/", "catalog"),
        ("products/018f/purchase/", "orders"),
        ("products/018f/purchase", "orders"),
        ("orders/", "orders"),
        ("orders", "orders"),
        ("orders/018f/timeline/", "orders"),
        ("orders/export/", "orders"),
    ],
)
def test_an_api_path_reaches_its_service_unchanged(edge, version, path, service):
    answer = edge.client.get(f"/api/{version}/{path}", params={"a": "1"})

    assert answer.status_code == 200
    assert answer.json()["service"] == service
    assert answer.json()["path"] == f"/api/{version}/{path}?a=1"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_of_the_api_passes_without_a_redirect(edge, method):
    answer = edge.client.request(method, "/api/v2/orders")

    assert (answer.status_code, answer.json()["method"]) == (200, method)


def test_the_public_keys_come_from_users(edge):
    answer = edge.client.get("/.well-known/jwks.json")

    assert (answer.json()["service"], answer.json()["path"]) == ("users", "/.well-known/jwks.json")


@pytest.mark.parametrize("service", ["users", "catalog", "orders"])
@pytest.mark.parametrize("page", ["docs/", "redoc/", "openapi.json", "docs/static/swagger-ui.css"])
def test_a_services_pages_stand_under_its_name(edge, service, page):
    answer = edge.client.get(f"/{service}/{page}")

    assert (answer.json()["service"], answer.json()["path"]) == (service, f"/{page}")
    assert answer.json()["headers"]["x-forwarded-prefix"] == f"/{service}"


def test_a_page_without_its_slash_is_redirected_so_that_relative_links_work(edge):
    answer = edge.client.get("/catalog/docs")

    assert (answer.status_code, answer.headers["location"]) == (308, f"{edge.url}/catalog/docs/")


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/livez",
        "/readyz",
        "/startupz",
        "/health/",
        "/version",
        "/admin/",
        "/docs/",
        "/openapi.json",
        "/users/metrics",
        "/problems/",
        "/problems/a/b",
        "/status",
        "/status/",
        "/status/runbooks/OutboxOld.md",
        "/users/openapi.json/x",
        "/users/docs-internal/",
        "/stock/docs/",
        "/api/",
        "/api/v2/",
        "/api/v3/users/",
        "/api/v22/users/",
        "/api/v2/usersx/",
        "/api/v2/metrics",
        "/api/v2/events/",
        "/stats/prometheus",
        "/config_dump",
        "/.well-known/openid-configuration",
    ],
)
def test_what_is_not_listed_does_not_exist(edge, path):
    answer = edge.client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "https://plaza.example/problems/not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "instance": path,
        "code": "not_found",
        "errors": {},
        "request_id": answer.headers["x-request-id"],
    }
    assert edge.hits() == []


def test_an_unknown_v1_path_is_refused_in_the_v1_shape(edge):
    answer = edge.client.get("/api/v1/metrics")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "error": {
            "status_code": 404,
            "message": "There is nothing at this address.",
            "code": "not_found",
            "details": {},
        }
    }


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        (b"//api//v2///users/", "/api/v2/users/"),
        (b"/api/v2/x/../users/", "/api/v2/users/"),
        (b"/api/v2/%75sers/", "/api/v2/users/"),
        (b"/metrics/../api/v2/users/", "/api/v2/users/"),
    ],
)
def test_a_path_is_brought_to_one_spelling_before_it_is_judged(edge, path, seen):
    answer = edge.raw(b"GET " + path + b" HTTP/1.1\r\nHost: plaza\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert edge.hits() == [f"users: GET {seen}"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/api/v2/users/../../../metrics", b"404 Not Found"),
        (b"/api/v2/products/../../v3/x/", b"404 Not Found"),
        (b"/api/v2%2fusers/", b"400 Bad Request"),
        (b"/api/v2/users/%2e%2e%2F..%2fmetrics", b"400 Bad Request"),
        (b"/api/v2%5Cusers/", b"400 Bad Request"),
        (b"/api/v2/users/%00", b"400 Bad Request"),
        (b"/api/v2/users/#x", b"400 Bad Request"),
    ],
)
def test_no_spelling_walks_around_the_list(edge, path, status):
    answer = edge.raw(b"GET " + path + b" HTTP/1.1\r\nHost: plaza\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"content-type: application/problem+json" in answer
    assert edge.hits() == []


def test_statistics_are_on_the_admin_port_only(edge):
    edge.client.get("/api/v2/users/")

    answer = edge.client.get(f"{edge.admin}/stats/prometheus")

    assert answer.status_code == 200
    assert 'envoy_cluster_upstream_rq_total{envoy_cluster_name="users"}' in answer.text


@pytest.fixture(scope="module")
def with_status(start, services):
    return start(status=f"127.0.0.1:{services['users'].server_port}")


@pytest.mark.parametrize("path", ["/status/", "/status/runbooks/OutboxOld.md"])
def test_a_status_page_is_shown_where_there_is_one(with_status, path):
    with_status.forget()

    answer = with_status.client.get(path)

    assert (answer.status_code, answer.json()["path"]) == (200, path)
    assert with_status.client.get("/status").headers["location"] == f"{with_status.url}/status/"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/status/"),
        ("POST", "/notifications"),
        ("GET", "/readyz"),
        ("GET", "/status/readyz"),
        ("GET", "/status/runbooks/../../notifications"),
        ("GET", "/status/runbooks/a/b.md"),
    ],
)
def test_of_the_status_page_nothing_else_is_reached(with_status, method, path):
    with_status.forget()

    answer = with_status.client.request(method, path)

    assert answer.status_code == 404
    assert with_status.hits() == []
