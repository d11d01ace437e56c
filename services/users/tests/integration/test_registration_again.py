"""Registering again with the same Idempotency-Key: nobody is known yet, so the key belongs to the client's address."""

import hashlib
import uuid

import pytest
from factories import PASSWORD

from shared.http.models import IdempotencyKey
from shared.testing.events import said
from shared.testing.race import together
from users.models import User

pytestmark = pytest.mark.django_db

ANN = {"email": "Ann@Shop.Example", "username": "Ann", "password": PASSWORD, "password_confirm": PASSWORD}
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def register(api, body=ANN, key="a-key", client=HOME):
    return api().post("users/", body, Idempotency_Key=key, X_Forwarded_For=client)


def test_a_lost_answer_is_given_again_and_nothing_is_done_twice(api):
    first, again = register(api), register(api)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert again["Idempotency-Replayed"] == "true"
    assert User.objects.count() == 1
    assert len(said()) == 3


def test_another_body_under_the_key_is_refused(api):
    register(api)

    answer = register(api, ANN | {"email": "bob@shop.example"})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert User.objects.count() == 1


def test_the_key_of_another_client_is_another_key(api):
    register(api)

    answer = register(api, client=ELSEWHERE)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["email"]
    assert "Idempotency-Replayed" not in answer.headers
    assert register(api, ANN | {"email": "bob@shop.example"}, client=ELSEWHERE, key="b-key").status_code == 201


def test_a_client_is_the_same_all_over_its_ipv6_network(api):
    register(api, client="2001:db8:1:2::7")

    assert register(api, client="2001:db8:1:2:aaaa::9")["Idempotency-Replayed"] == "true"


def test_a_claimed_address_does_not_open_another_clients_answer(api):
    register(api)

    answer = register(api, client=f"{HOME}, {ELSEWHERE}")

    assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (400, False)


def test_a_refusal_is_an_answer_too(api):
    first = register(api, ANN | {"password": "weak", "password_confirm": "weak"})
    again = register(api, ANN | {"password": "weak", "password_confirm": "weak"})

    assert (first.status_code, again.status_code) == (400, 400)
    assert again["Idempotency-Replayed"] == "true"
    assert User.objects.count() == 0


def test_a_malformed_key_is_named(api):
    answer = register(api, key="two words")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])
    assert User.objects.count() == 0


def test_the_table_shows_neither_the_address_nor_a_quick_hash_of_the_password(api, monkeypatch):
    seen = []
    real = hashlib.sha256
    monkeypatch.setattr("shared.http.idempotency.hashlib.sha256", lambda data=b"": seen.append(real(data)) or seen[-1])
    register(api)

    stored = IdempotencyKey.objects.get()
    assert seen
    assert bytes(stored.request_hash) not in [each.digest() for each in seen]
    assert stored.user_id not in (uuid.UUID(bytes=real(HOME.encode()).digest()[:16]), User.objects.get().id)
    assert PASSWORD.encode() not in bytes(stored.body)


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_make_one_account(api):
    answers = together(10, lambda _: register(api))

    assert {each.status_code for each in answers} <= {201, 409}
    assert 201 in {each.status_code for each in answers}
    assert User.objects.count() == 1
    assert register(api)["Idempotency-Replayed"] == "true"
