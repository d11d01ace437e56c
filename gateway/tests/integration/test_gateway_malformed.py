"""Malformed HTTP: refused, or brought into one clean request; never passed on as it came."""

import json
import re

import pytest

POST = b"POST /api/v2/users/ HTTP/1.1\r\nHost: plaza\r\n"
GET = b"GET /api/v2/users/ HTTP/1.1\r\nHost: plaza\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"GET /admin HTTP/1.1\r\nHost: plaza\r\n\r\n"


CODES = {
    400: "bad_request",
    403: "upgrade_refused",
    405: "method_not_allowed",
    426: "upgrade_required",
    431: "request_headers_too_large",
    501: "not_implemented",
}
LAST_CHUNK = b"\r\n\r\n0\r\n\r\n" + SMUGGLED
REFUSED = {
    "length and chunked": (400, POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked" + LAST_CHUNK),
    "chunked and length": (400, POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4" + LAST_CHUNK),
    "xchunked": (501, POST + b"Transfer-Encoding: xchunked" + LAST_CHUNK),
    "chunked, identity": (501, POST + b"Transfer-Encoding: chunked, identity" + LAST_CHUNK),
    "two encodings": (501, POST + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked" + LAST_CHUNK),
    "space before colon": (400, POST + b"Transfer-Encoding : chunked" + LAST_CHUNK),
    "two lengths": (400, POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"),
    "plus sign": (400, POST + b"Content-Length: +4\r\n\r\nabcd"),
    "minus sign": (400, POST + b"Content-Length: -1\r\n\r\nabcd"),
    "underscore in length": (400, POST + b"Content-Length: 4_0\r\n\r\nabcd"),
    "hexadecimal length": (400, POST + b"Content-Length: 0x1\r\n\r\na"),
    "line feed in chunk extension": (400, CHUNKED + b"1;a\nb\r\nZ\r\n0\r\n\r\n"),
    "chunk size": (400, CHUNKED + b"zz\r\nZ\r\n0\r\n\r\n"),
    "script name": (400, GET + b"SCRIPT_NAME: /admin\r\n\r\n"),
    "underscore in name": (400, GET + b"X_User_Id: 1\r\n\r\n"),
    "two hosts": (400, GET + b"Host: other\r\n\r\n"),
    "no host": (400, b"GET /api/v2/users/ HTTP/1.1\r\n\r\n"),
    "HTTP/1.0": (
        426,
        b"POST /api/v2/users/ HTTP/1.0\r\nHost: plaza\r\nTransfer-Encoding: chunked" + LAST_CHUNK,
    ),
    "NUL": (400, GET + b"X-A: a\x00b\r\n\r\n"),
    "request line": (400, b"GET /api/v2/users/ HTTP/1.1 x\r\nHost: plaza\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01garbage\r\n\r\n"),
    "40 KB of headers": (431, GET + b"X-A: " + b"a" * 40_000 + b"\r\n\r\n"),
    "150 headers": (431, GET + b"".join(b"X-%d: a\r\n" % number for number in range(150)) + b"\r\n"),
    "websocket": (403, GET + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    "TRACE": (405, b"TRACE /api/v2/users/ HTTP/1.1\r\nHost: plaza\r\n\r\n"),
    "CONNECT": (403, b"CONNECT plaza:80 HTTP/1.1\r\nHost: plaza\r\n\r\n"),
    "PROPFIND": (405, b"PROPFIND /api/v2/users/ HTTP/1.1\r\nHost: plaza\r\n\r\n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_malformed_http_is_refused_as_a_problem_and_reaches_nobody(edge, name):
    status, sent = REFUSED[name]

    answer = edge.raw(sent)

    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\ncontent-type: application/problem+json\r\n" in head + b"\r\n"
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, CODES[status])
    assert re.findall(r"x-request-id: (.*)\r\n", head.decode()) == [problem["request_id"]]
    assert edge.hits() == []


def test_a_refused_method_names_those_that_exist(edge):
    answer = edge.client.request("TRACE", "/api/v1/users/")

    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
    assert answer.json()["error"]["message"] == "This method is not offered."


UNUSUAL = {
    "folded header": (GET + b"X-A: b\r\n c\r\n\r\n", {"x-a": "b c"}),
    "bare line feeds": (b"GET /api/v2/users/ HTTP/1.1\nHost: plaza\nX-A: b\n\n", {"x-a": "b"}),
    "chunked": (CHUNKED + b"4\r\nabcd\r\n0\r\n\r\n", {"content-length": "4"}),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_http_arrives_as_one_clean_request(edge, name):
    sent, seen = UNUSUAL[name]

    answer = edge.raw(sent)

    arrived = json.loads(answer.split(b"\r\n\r\n", 1)[1])["headers"]
    assert {name: arrived.get(name) for name in seen} == seen
    assert "transfer-encoding" not in arrived
    assert len(edge.hits()) == 1
