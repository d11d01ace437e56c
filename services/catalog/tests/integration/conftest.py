"""Clients of the API as nobody, as a customer and as staff."""

import itertools
from uuid import uuid4

import pytest
from django.test import Client

from shared.http.ready import distant, generation, layer
from shared.testing.clock import Clock
from shared.testing.tokens import token


@pytest.fixture
def still(monkeypatch):
    """The clock of ready answers, PostgreSQL's too, which stands still until a test or a write that waits moves it."""
    moved, asked = Clock(), generation._read
    for module in (layer, generation, distant):
        monkeypatch.setattr(module, "time", moved)
    monkeypatch.setattr(generation, "_read", lambda: (asked()[0], moved.now))
    return moved


@pytest.fixture(params=["v1", "v2"])
def version(request):
    """Both dialects in turn."""
    return request.param


@pytest.fixture
def anyone(api, version):
    return api(version=version)


@pytest.fixture
def customer(api, version):
    return api(uuid4(), version=version)


@pytest.fixture
def staff(api, version):
    return api(uuid4(), roles=("staff",), version=version)


@pytest.fixture
def one(version):
    """Return what takes one thing out of an answer."""
    return lambda answer: answer.json()["data"] if version == "v1" else answer.json()


@pytest.fixture
def rows(version):
    """Return what takes a list's rows out of an answer."""
    return lambda answer: answer.json()["results" if version == "v1" else "data"]


@pytest.fixture
def found(anyone, rows):
    """Return what searches and names what is found, in its order."""

    def search(text, **params):
        return [each["name"] for each in rows(anyone.get("products/", {"search": text, **params}))]

    return search


@pytest.fixture
def refusal(version):
    """Return what takes (status, code, fields) out of a refusal."""

    def read(answer):
        body = answer.json()
        if version == "v1":
            assert body["error"]["status_code"] == answer.status_code
            return answer.status_code, body["error"]["code"], body["error"]["details"]
        assert answer.headers["Content-Type"] == "application/problem+json"
        return answer.status_code, body["code"], body["errors"]

    return read


class Uploads:
    """Sends files to the import as one user."""

    def __init__(self, version, roles=("staff",), user_id=None):
        self._path = f"/api/{version}/products/import/"
        self._token = token(user_id or uuid4(), roles=roles)
        self._boundary = (f"boundary{number}" for number in itertools.count())

    def post(self, *parts, **headers):
        """Send (name, filename or None, bytes) parts under a boundary of their own."""
        boundary = next(self._boundary)
        body = b""
        for name, filename, data in parts:
            file = f'; filename="{filename}"' if filename is not None else ""
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
            body += head.encode() + data + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(raise_request_exception=False).post(
            self._path,
            body,
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={"Authorization": f"Bearer {self._token}", **named},
        )


@pytest.fixture
def uploads(version):
    """Return a maker of upload clients."""
    return lambda **changes: Uploads(version, **changes)
