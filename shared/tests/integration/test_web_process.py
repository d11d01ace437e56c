"""gunicorn with two real workers: what it measures and logs, whoever is asked, killed or hostile."""

import os
import random
import signal
import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import servers
import trouble

from shared.testing import waiting

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS = "http_server_request_duration_seconds_count"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "_OTHER"}


@pytest.fixture(scope="module")
def web(django_db_setup, tmp_path_factory):
    with servers.web(tmp_path_factory.mktemp("web"), DATABASE_POOL_MAX="4") as server:
        yield server


def ask(web, count):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: web.get("/api/v2/open/").status_code, range(count)))
    assert answers == [200] * count


def owners(web):
    return {path.stem.rpartition("_")[2] for path in web.metrics_folder.glob("*.db")}


def test_any_scrape_tells_of_all_workers(web):
    route = {"http_route": "/api/v2/open/", "service": "shared"}
    before = web.total(REQUESTS, **route)

    ask(web, 60)

    assert {web.total(REQUESTS, **route) for _ in range(8)} == {before + 60}
    assert {str(pid) for pid in web.children()} <= owners(web)


def test_killed_workers_take_no_count_along_and_leave_no_files(web):
    route = {"http_route": "/api/v2/open/"}
    ask(web, 20)
    before = web.total(REQUESTS, **route)

    for _ in range(3):
        killed, *_ = web.children()
        os.kill(killed, signal.SIGKILL)
        servers.eventually(lambda gone=killed: gone not in web.children() and len(web.children()) == 2)
        assert web.total(REQUESTS, **route) == before

    ask(web, 20)
    assert web.total(REQUESTS, **route) == before + 20
    assert owners(web) - {str(pid) for pid in web.children()} <= {"dead", str(web.process.pid)}


def hostile(web):
    """Send what a scanner sends: other paths, methods and headers each time."""
    for _ in range(20):
        noise = uuid.uuid4().hex
        web.get(f"/{noise}/{'x' * random.randint(1, 4000)}")
        web.get(f"/api/v2/notes/{noise}/?{noise}={noise}", **{"User-Agent": noise, "X-Request-ID": noise})
        web.get("/api/v2/open/", **{"API-Version": noise[:3], "Accept": f"text/{noise}"})
        method = "".join(random.choices("ABCDEFGHIJ", k=random.randint(3, 12)))
        send(web, f"{method} /api/v2/open/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        send(web, f"GET /api/v2/open/ HTTP/1.1\r\nHost: {noise}\r\nConnection: close\r\n\r\n")
        send(web, f"GET /%00/{noise} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")


def send(web, request):
    with socket.create_connection(("127.0.0.1", web.port), timeout=waiting.PATIENCE) as connection:
        connection.sendall(request.encode())
        while connection.recv(65536):
            pass


def test_hostile_traffic_makes_no_series(web):
    hostile(web)
    first = web.series()

    hostile(web)

    second = web.series()
    assert {str(pid) for pid in web.children()} <= owners(web)
    assert set(second) == set(first)
    requests = [dict(labels) for name, labels in second if name == REQUESTS]
    assert {each["http_request_method"] for each in requests} <= METHODS
    known = {f"/{each.pattern}".rstrip("/") + "/" for each in trouble.urlpatterns if "(" not in str(each.pattern)}
    assert {"unmatched", "/api/v2/open/"} <= {each["http_route"] for each in requests}
    assert {each["http_route"] for each in requests} - {"unmatched"} <= known | {
        f"/api/{version}/{place}/" for version in ("v1", "v2") for place in ("notes", "open")
    }
    assert {each["http_response_status_code"] for each in requests} <= {"200", "400", "404", "405", "406", "500", "503"}
    assert max(len(value) for _, labels in second for _, value in labels) < 80


def test_requests_that_are_being_answered_are_counted(web):
    hold = web.folder / "hold"
    hold.touch()
    held = threading.Thread(target=web.get, args=("/held/",))
    held.start()

    servers.eventually(lambda: web.total("http_server_active_requests") == 1)

    hold.unlink()
    held.join()
    assert web.total("http_server_active_requests") == 0


def test_a_web_process_tells_of_itself(web):
    servers.eventually(lambda: web.total("plaza_db_pool_connections", state="most") == 8)

    assert web.total("plaza_build_info", service="shared") == 1
    assert web.total("plaza_heartbeat_timestamp_seconds", process="web") > 1e9
    states = {dict(labels)["state"] for name, labels in web.series() if name == "plaza_db_pool_connections"}
    assert states == {"used", "idle", "most", "waiting"}


def test_a_slow_statement_is_told_and_counted_without_its_parameters(web):
    before = web.total("plaza_slow_queries_total")

    assert web.get("/slow-statement/", **{"X-Request-ID": "slow-request-1"}).status_code == 200

    assert web.total("plaza_slow_queries_total") >= before + 1  # others may be slow on a busy machine
    line = next(each for each in web.logged("slow_query") if each["request_id"] == "slow-request-1")
    assert line["sql"].startswith("SELECT pg_sleep(0.15), %s /* long */")
    assert len(line["sql"]) == 200
    assert 0.15 <= line["seconds"] < 60
    assert trouble.CANARIES["e-mail"] not in (web.folder / "log").read_text()


def test_all_lines_have_one_shape_and_a_request_has_one(web):
    trace = "0af7651916cd43dd8448eb211c80319c"
    parent = f"00-{trace}-b7ad6b7169203331-01"
    web.get("/%1B%5B31mred%0A%7B%7D/", **{"X-Request-ID": "shape-request-1", "traceparent": parent})

    servers.eventually(lambda: [line for line in web.lines() if line.get("request_id") == "shape-request-1"])
    (line,) = (line for line in web.lines() if line.get("request_id") == "shape-request-1")
    assert {name: line[name] for name in ("event", "method", "route", "status", "trace_id", "path", "level")} == {
        "event": "request",
        "method": "GET",
        "route": "unmatched",
        "status": 404,
        "trace_id": trace,
        "path": "/\x1b[31mred\n{}/",
        "level": "info",
    }
    assert 0 < line["seconds"] < 60
    assert "\x1b" not in (web.folder / "log").read_text()
    assert {"gunicorn.error", "shared.http.access"} <= {each["logger"] for each in web.lines()}
    assert {frozenset({"event", "level", "logger", "timestamp"}) <= set(each) for each in web.lines()} == {True}
