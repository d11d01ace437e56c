"""Idempotency keys: the same request has one effect and one answer, whoever repeats it and however often."""

import uuid

import pytest

from shared.auth.models import Subject
from shared.http.models import IdempotencyKey
from shared.testing.race import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("notes")]


@pytest.fixture
def v2(api):
    return api(uuid.uuid4())


def written():
    return Subject.objects.count()


def test_the_same_key_and_request_replays_the_answer_byte_for_byte(v2):
    first = v2.post("notes/", {"amount": "1.50"}, idempotency_key="k1")
    second = v2.post("notes/", {"amount": "1.50"}, idempotency_key="k1")

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert written() == 1


def test_the_same_key_with_another_request_is_refused(v2):
    v2.post("notes/", {"amount": "1.50"}, idempotency_key="k1")

    other = v2.post("notes/", {"amount": "1.51"}, idempotency_key="k1")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert written() == 1


def test_another_users_key_is_another_key(v2, api):
    v2.post("notes/", {"amount": "1.50"}, idempotency_key="k1")

    other = api(uuid.uuid4()).post("notes/", {"amount": "1.50"}, idempotency_key="k1")

    assert "Idempotency-Replayed" not in other
    assert written() == 2


@pytest.mark.parametrize(("fault", "kept"), [("rule", 1), ("missing", 1), ("conflict", 0), ("away", 0), ("defect", 0)])
def test_a_refusal_is_replayed_and_a_failure_frees_the_key_and_neither_leaves_an_effect(v2, fault, kept):
    body = {"amount": "1.00", "fault": fault}

    first, second = (v2.post("notes/", body, idempotency_key="k1") for _ in range(2))

    assert first.status_code == second.status_code
    assert ("Idempotency-Replayed" in second) is bool(kept)
    assert IdempotencyKey.objects.count() == kept
    assert written() == 0


def test_of_fifty_uses_at_once_one_has_an_effect(v2):
    answers = together(50, lambda _: v2.post("notes/", {"amount": "1.00"}, idempotency_key="k1"))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_in_progress"}
    assert all(a["Retry-After"] == "1" for a in answers if a.status_code == 409)
    assert written() == 1


def test_a_private_answer_is_replayed_byte_for_byte_and_stored_encrypted(v2):
    first, again = (v2.post("private/", {}, idempotency_key="k1") for _ in range(2))

    assert first.json() == {"phone": "+15551234567"}
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert b"15551234567" not in bytes(IdempotencyKey.objects.get().body)


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "é"])
def test_a_malformed_key_is_refused(v2, key):
    answer = v2.post("notes/", {"amount": "1.00"}, idempotency_key=key)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])
    assert written() == 0


def test_a_key_outlives_a_day_and_no_more(v2):
    v2.post("notes/", {"amount": "1.00"}, idempotency_key="k1")
    IdempotencyKey.objects.update(created_at="2020-01-01T00:00:00Z")

    again = v2.post("notes/", {"amount": "1.00"}, idempotency_key="k1")

    assert "Idempotency-Replayed" not in again
    assert written() == 2
