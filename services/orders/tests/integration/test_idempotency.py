"""Idempotency keys on orders: one effect and one answer for any number of attempts, by one user only."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import given
import pytest
from django.db import OperationalError, connection

from orders import services
from orders.models import Order
from shared.db.models import uuid7
from shared.errors import Conflict, Throttled
from shared.http.models import IdempotencyKey
from shared.testing.events import said
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)

USER = uuid7()
BODY = {"items": [{"product_id": str(uuid7()), "quantity": 2}]}


def test_fifty_attempts_at_once_place_one_order(api: Any) -> None:
    clients = [api(USER) for _ in range(50)]

    def attempt(number: int) -> Any:
        for _ in range(200):
            answer = clients[number].post("orders/", BODY, idempotency_key="once")
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "idempotency_in_progress"
            assert answer.headers["Retry-After"] == "1"
            time.sleep(0.05)
        raise AssertionError("the first attempt never ended")

    answers = together(50, attempt)

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert Order.objects.count() == 1
    assert len(said()) == 1


def test_another_request_with_the_key_is_refused(api: Any) -> None:
    api(USER).post("orders/", BODY, idempotency_key="once")
    other = {"items": [{**BODY["items"][0], "quantity": 3}]}

    answer = api(USER).post("orders/", other, idempotency_key="once")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_another_users_key_is_invisible(api: Any) -> None:
    first = api(USER).post("orders/", BODY, idempotency_key="once")

    second = api(uuid7()).post("orders/", BODY, idempotency_key="once")

    assert second.status_code == 202
    assert "Idempotency-Replayed" not in second.headers
    assert first.json()["id"] != second.json()["id"]


def test_a_refused_attempt_frees_its_key(api: Any) -> None:
    blocking = given.placed(USER)

    refused = api(USER).post("orders/", BODY, idempotency_key="once")
    given.tell(given.reserved(blocking))
    accepted = api(USER).post("orders/", BODY, idempotency_key="once")

    assert (refused.status_code, accepted.status_code) == (409, 202)
    assert "Idempotency-Replayed" not in accepted.headers


def test_cancelling_is_repeatable_under_a_key(api: Any) -> None:
    order_id = given.placed(USER)

    answers = [api(USER).post(f"orders/{order_id}/cancel/", idempotency_key="off") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert len(said()) == 1


def test_two_orders_at_once_by_one_user_are_one(api: Any) -> None:
    clients = [api(USER), api(USER)]

    answers: list[Any] = together(2, lambda number: clients[number].post("orders/", BODY))

    placed, refused = sorted(answers, key=lambda answer: int(answer.status_code))
    assert (placed.status_code, refused.status_code) == (202, 409)
    assert refused.json()["code"] == "pending_order_exists"
    assert refused.json()["order_id"] == placed.json()["id"]
    assert Order.objects.count() == 1
    assert len(said()) == 1


# A web process of its own, which is killed before the client has its answer.
_KILLED = """
import json, os, signal, sys
from uuid import UUID
import django
from django.conf import settings
from django.test.utils import setup_test_environment

django.setup()
setup_test_environment()
settings.JWKS_PROVIDER = "shared.testing.tokens.jwks"
settings.PUBLIC_URL = "http://127.0.0.1:8080"
from shared.events import outbox
from shared.testing.api import Api

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[3] == "before":
    outbox.append = die
answer = Api(UUID(sys.argv[1])).post("orders/", json.loads(sys.argv[2]), idempotency_key="once")
sys.stdout.buffer.write(answer.content)
sys.stdout.flush()
die()
"""


def killed(moment: str) -> bytes:
    """Place the order in a process that is killed before or after the commit; returns the answer nobody got."""
    database = connection.settings_dict
    address = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    words = [sys.executable, "-c", _KILLED, str(USER), json.dumps(BODY), moment]
    done = subprocess.run(
        words, env={**os.environ, "DATABASE_URL": address, "LOG_FORMAT": "json"}, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return done.stdout.splitlines()[-1] if done.stdout else b""


def test_an_answer_lost_with_its_process_is_replayed_byte_for_byte(api: Any) -> None:
    lost = killed("after")
    assert Order.objects.count() == 1

    again = api(USER).post("orders/", BODY, idempotency_key="once")

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")
    assert again.content == lost
    assert again.headers["Location"] == f"/api/v2/orders/{Order.objects.get().id}/"
    assert (Order.objects.count(), len(said())) == (1, 1)


def test_a_process_killed_before_the_commit_leaves_nothing(api: Any) -> None:
    killed("before")
    assert (Order.objects.count(), IdempotencyKey.objects.count(), said()) == (0, 0, [])

    again = api(USER).post("orders/", BODY, idempotency_key="once")

    assert again.status_code == 202
    assert "Idempotency-Replayed" not in again.headers
    assert (Order.objects.count(), len(said())) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (RuntimeError("defect"), 500),
        (OperationalError("the connection is lost"), 503),
        (Conflict("busy"), 409),
        (Throttled(), 429),
    ],
    ids=["defect", "outage", "conflict", "throttled"],
)
def test_an_attempt_that_failed_can_be_made_again(
    api: Any, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    real = services.order_place

    def fails(**how: Any) -> None:
        real(**how)
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(services, "order_place", fails)
        failed = api(USER).post("orders/", BODY, idempotency_key="once")
    assert (failed.status_code, Order.objects.count(), said()) == (status, 0, [])

    again = api(USER).post("orders/", BODY, idempotency_key="once")

    assert again.status_code == 202
    assert "Idempotency-Replayed" not in again.headers
    assert (Order.objects.count(), len(said())) == (1, 1)


def test_a_refusal_that_stays_true_is_replayed(api: Any) -> None:
    wrong = {"items": [{**BODY["items"][0], "quantity": 0}]}

    first, again = (api(USER).post("orders/", wrong, idempotency_key="once") for _ in range(2))

    assert (first.status_code, again.status_code) == (400, 400)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "two words", "x" * 201, "\u00fc"])
def test_what_is_no_key_is_refused(api: Any, key: str) -> None:
    answer = api(USER).post("orders/", BODY, idempotency_key=key)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])
    assert Order.objects.count() == 0
