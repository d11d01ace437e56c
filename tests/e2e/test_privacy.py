"""No personal data and no secret reaches a log line, an event, a metric, a span, a cache or a Celery header."""

import subprocess
import uuid

import httpx
import kombu
import psycopg
import pytest
import redis
from post import Post
from shop import eventually

from shared.events.topology import EVENTS

PARTS = [
    f"{service}.{part}" for service in ("users", "catalog", "orders") for part in ("web", "worker", "relay", "beat")
]


@pytest.fixture
def overheard(system):
    """Every message that passes the exchange meanwhile: headers, properties and body, as text."""
    heard: list[str] = []
    with kombu.Connection(system.stack.broker_url) as connection:
        queue = kombu.Queue(f"canary-{uuid.uuid4()}", EVENTS, routing_key="#", exclusive=True, auto_delete=True)
        bound = queue(connection.default_channel)
        bound.declare()

        def listen() -> list[str]:
            while (message := bound.get(no_ack=True)) is not None:
                heard.append(f"{message.headers} {message.properties} {message.body!r}")
            return heard

        yield listen


def kept_in_database(url: str) -> dict[str, str]:
    """Return everything in a database's tables as text."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            name: "\n".join(str(row) for row in connection.execute(f'SELECT t::text FROM "{name}" t').fetchall())
            for (name,) in names
        }


def kept_in_valkey(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        return "\n".join(f"{key!r} {client.dump(key)!r}" for key in client.scan_iter())


def test_a_life_leaves_no_personal_data_behind(system, shop, product, overheard, collector):
    sent = len(collector.spans())
    word, other = uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]
    secrets = {
        "e-mail": f"canary{word}@example.com",
        "password": f"Secret-{other}-1!",
        "new password": f"Secret-{other}-2!",
        "wrong password": f"Secret-{other}-3!",
        "phone": f"+44{int(word, 16) % 10**10:010d}",
        "username": f"Canary {word}",
        "location": f"Canary Wharf {word}",
    }
    post = Post(system.stack.run_dir / "mail")
    email, password = secrets["e-mail"], secrets["password"]
    person = {"email": email, "username": secrets["username"], "password": password, "password_confirm": password}
    register = {"Idempotency-Key": str(uuid.uuid4())}
    assert shop.http.post("/api/v2/users/", json=person, headers=register).status_code == 201
    assert shop.http.post("/api/v2/users/", json={**person, "colour": "red"}).status_code == 400
    wrong = {"email": email, "password": secrets["wrong password"]}
    assert shop.http.post("/api/v2/auth/login/", json=wrong).status_code == 401
    session = shop.http.post("/api/v2/auth/login/", json={"email": email, "password": password}).json()
    secrets |= {"access token": session["access"], "refresh token": session["refresh"]}
    bearer = {"Authorization": f"Bearer {session['access']}"}
    profile = {"phone_number": secrets["phone"], "location": secrets["location"]}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert shop.http.patch("/api/v2/users/me/", json=profile, headers={**bearer, **key}).status_code == 200
    assert shop.staff.call("GET", f"users/?email={email}").status_code == 200
    lines = {"items": [{"product_id": product(), "quantity": 1}]}
    assert shop.http.post("/api/v2/orders/", json=lines, headers={**bearer, "Prefer": "wait=10"}).status_code == 201
    assert shop.http.post("/api/v2/auth/password/reset/", json={"email": email}).status_code == 202
    secrets["reset token"] = post.token(email, "Set a new password")
    secrets["verification token"] = post.token(email, "Please confirm your e-mail address")
    new = {"new_password": secrets["new password"], "new_password_confirm": secrets["new password"]}
    confirmed = shop.http.post("/api/v2/auth/password/reset/confirm/", json={"token": secrets["reset token"], **new})
    assert confirmed.status_code == 204
    assert eventually(lambda: len([each for each in overheard() if "users.tokens_revoked.v1" in each]) > 0)

    sinks = {f"log {path.name}": path.read_text(errors="replace") for path in system.stack.logs.glob("*.log")}
    sinks["messages"] = "\n".join(overheard())
    assert eventually(lambda: [span for span in collector.spans()[sent:] if span.service == "gateway"])
    sinks["spans"] = "\n".join(str(span) for span in collector.spans())
    sinks["valkey"] = kept_in_valkey(system.stack.cache_url)
    for part in PARTS:
        sinks[f"metrics {part}"] = httpx.get(f"http://127.0.0.1:{system.port(f'{part}.management')}/metrics").text
    for name in ("users", "catalog", "orders"):
        for table, content in kept_in_database(system.database_url(name)).items():
            sinks[f"table {name}.{table}"] = content

    found = {(kind, sink) for kind, secret in secrets.items() for sink, content in sinks.items() if secret in content}
    assert found == {
        # the one place where a profile belongs; the phone number is sealed even there
        ("e-mail", "table users.users"),
        ("username", "table users.users"),
        ("location", "table users.users"),
    }
    assert len(sinks["messages"]) > 1000
    assert "POST /api/v2/auth/login/" in sinks["spans"]
    assert all(sinks[f"log {part}.log"] for part in ("users.web", "users.worker", "gateway"))


def test_no_secret_stands_on_a_command_line(system):
    listed = subprocess.run(["ps", "-eo", "args", "-ww"], capture_output=True, text=True, check=True).stdout

    passwords = [secret for secret in system.stack.passwords.values() if len(secret) > 8]
    assert passwords
    assert [secret for secret in passwords if secret in listed] == []
