"""Lists of accounts worked off in the background: each row once, alone in its failure, whatever dies."""

import re
from uuid import UUID

import pytest
from django.db import connection
from factories import PASSWORD, UserFactory, broken_books
from lists import counts, pending, people, run, start

from shared.db.models import uuid7
from shared.events.contracts import MailRequested, UserRegistered, UsersBulkAdvanced
from shared.events.models import FailedEvent, InboxEvent, OutboxEvent
from shared.testing import events
from shared.testing.race import together
from users.models import JobRow, PasswordReset, User, Wallet
from users.selectors import jobs
from users.services import accounts
from users.services import jobs as job_services

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = {"email": ["A user with this e-mail address already exists."]}


def test_every_row_becomes_an_account_with_wallet_and_mails_and_no_password(staff):
    rows = [
        {"email": "Ann@Shop.EXAMPLE", "username": "Ann", "age": 30},
        {"email": "bob@shop.example", "username": "Bob", "age": None},
    ]
    job_id = UUID(staff.post("users/bulk/", {"users": rows}).json()["id"])
    (batch,) = pending()

    assert events.deliver(batch) == "handled"

    ann, bob = (User.objects.get(username=name) for name in ("Ann", "Bob"))
    job = staff.get(f"jobs/{job_id}/").json()
    assert (ann.email, ann.age, bob.email, bob.age) == ("Ann@shop.example", 30, "bob@shop.example", None)
    assert all(user.password.startswith("!") and not user.is_verified for user in (ann, bob))
    assert counts(job) == ("done", 2, 2, 0)
    assert job["processed"] == 2
    assert job["finished_at"] is not None
    assert job["results"] == [
        {"row": 0, "status": "created", "user_id": str(ann.id), "errors": {}},
        {"row": 1, "status": "created", "user_id": str(bob.id), "errors": {}},
    ]
    assert events.said() == [
        event
        for user in (ann, bob)
        for event in (
            UserRegistered(user_id=user.id),
            MailRequested(user_id=user.id, kind="invitation"),
            MailRequested(user_id=user.id, kind="verification"),
        )
    ]
    assert broken_books() == []


def test_an_invited_user_sets_a_password_with_the_mails_token_and_logs_in(api, mailoutbox):
    run(start([{"email": "ann@shop.example", "username": "Ann"}]))
    user = User.objects.get()
    login = {"email": "ann@shop.example", "password": PASSWORD}
    assert api().post("auth/login/", login).status_code == 401
    assert PasswordReset.objects.count() == 0  # its hour begins when the mail leaves

    assert events.deliver(MailRequested(user_id=user.id, kind="invitation")) == "handled"

    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["ann@shop.example"], "Your account at Plaza")
    assert mail.body.startswith("Hello Ann,\n\nan account was made for you.")
    assert "http://127.0.0.1:8080/api/v2/auth/password/reset/confirm/ within an hour:" in mail.body
    token = re.search(r"\n\n(\S+)\n\n", mail.body)[1]
    choice = {"token": token, "new_password": PASSWORD, "new_password_confirm": PASSWORD}
    assert api().post("auth/password/reset/confirm/", choice).status_code == 204
    assert api().post("auth/password/reset/confirm/", choice).status_code == 400
    assert api().post("auth/login/", login).status_code == 200


def test_a_taken_address_fails_its_row_alone():
    UserFactory(email="ann@shop.example")
    rows = [
        {"email": "bob@shop.example", "username": "Bob"},
        {"email": "ANN@shop.example", "username": "Other Ann"},
        {"email": "eve@shop.example", "username": "Eve"},
    ]

    job = run(start(rows))

    assert counts(job) == ("done", 3, 2, 1)
    assert [(each["row"], each["status"], each["errors"]) for each in job["results"]] == [
        (0, "created", {}),
        (1, "failed", TAKEN),
        (2, "created", {}),
    ]
    assert job["results"][1]["user_id"] is None
    assert set(User.objects.values_list("username", flat=True)) >= {"Bob", "Eve"}
    assert not User.objects.filter(username="Other Ann").exists()
    assert Wallet.objects.count() == 3
    registered = OutboxEvent.objects.filter(type=UserRegistered.TYPE).values_list("subject", flat=True)
    assert set(registered) == {job["results"][0]["user_id"], job["results"][2]["user_id"]}


def test_of_an_address_twice_in_the_list_the_first_row_wins(monkeypatch):
    monkeypatch.setattr(job_services, "BATCH_ROWS", 2)
    rows = [{"email": email, "username": email} for email in ("b@x.example", "B@X.example", "a@x.example")]
    rows.append({"email": "A@x.example", "username": "again, in another batch"})

    job = run(start(rows))

    assert [each["status"] for each in job["results"]] == ["created", "failed", "created", "failed"]
    assert job["results"][1]["errors"] == job["results"][3]["errors"] == TAKEN
    assert User.objects.count() == 2


def test_rows_wait_encrypted_and_nothing_personal_is_kept_or_sent():
    UserFactory(email="bob@shop.example")
    job_id = start([{"email": name + "@shop.example", "username": name} for name in ("ann", "bob")])

    def stored():
        tables = ("jobs", "job_rows", "events_outbox")
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT coalesce(string_agg(each::text, ''), '') FROM {table} AS each")
                yield cursor.fetchone()[0]

    before = "".join(stored())
    assert len(before) > 200
    assert "shop.example" not in before
    assert all(len(row.sealed) > 100 for row in JobRow.objects.filter(job_id=job_id))

    run(job_id)

    assert "shop.example" not in "".join(stored())
    assert list(JobRow.objects.values_list("sealed", flat=True)) == ["", ""]


@pytest.mark.parametrize("rows", [1, 99, 100, 101, 250])
def test_a_list_goes_in_batches_of_a_hundred_rows(rows):
    job_id = start(people(rows))
    places = []

    while waiting := pending():
        (batch,) = waiting
        places.append(batch.row)
        assert events.deliver(batch) == "handled"

    job = jobs.job(job_id)
    assert places == list(range(0, rows, 100))
    assert counts(job) == ("done", rows, rows, 0)
    assert [each["row"] for each in job["results"]] == list(range(rows))
    assert User.objects.count() == Wallet.objects.count() == rows


def test_progress_is_seen_between_the_batches(staff):
    job_id = start(people(150))

    events.deliver(pending()[0])

    job = staff.get(f"jobs/{job_id}/").json()
    assert counts(job) == ("running", 150, 100, 0)
    assert job["processed"] == 100
    assert job["finished_at"] is None
    assert [each["status"] for each in job["results"]] == ["created"] * 100 + ["pending"] * 50


def test_a_batch_delivered_again_does_nothing():
    job_id = start(people(150))
    (first,) = pending()
    event_id = uuid7()

    assert events.deliver(first, event_id) == "handled"
    (second,) = pending()
    assert events.deliver(first, event_id) == "duplicate"
    assert events.deliver(first) == "handled"

    assert pending() == []
    assert counts(jobs.job(job_id)) == ("running", 150, 100, 0)
    assert events.deliver(second) == "handled"
    assert events.deliver(second) == "handled"
    assert counts(jobs.job(job_id)) == ("done", 150, 150, 0)
    assert pending() == []
    assert User.objects.count() == 150
    assert OutboxEvent.objects.filter(type=UserRegistered.TYPE).count() == 150


def test_killed_in_the_middle_of_a_batch_it_goes_on_as_if_nothing_had_been(monkeypatch):
    job_id = start(people(150))
    events.deliver(pending()[0])
    (second,) = pending()
    real, calls = accounts.user_invite, []

    def killed(**row):
        calls.append(row)
        if len(calls) == 20:
            raise ConnectionAbortedError("killed")
        return real(**row)

    monkeypatch.setattr(accounts, "user_invite", killed)
    assert events.deliver(second) == "retried"
    assert counts(jobs.job(job_id)) == ("running", 150, 100, 0)
    assert User.objects.count() == Wallet.objects.count() == 100
    assert JobRow.objects.exclude(sealed="").count() == 50
    assert events.said() == []

    monkeypatch.undo()
    assert events.deliver(second) == "handled"
    job = jobs.job(job_id)

    assert counts(job) == ("done", 150, 150, 0)
    assert len({each["user_id"] for each in job["results"]}) == 150
    assert User.objects.count() == Wallet.objects.count() == 150
    assert OutboxEvent.objects.filter(type=UserRegistered.TYPE).count() == 150
    assert OutboxEvent.objects.filter(type=MailRequested.TYPE).count() == 300


def test_a_batch_worked_off_by_many_at_once_is_done_once():
    job_id = start(people(150))
    (first,) = pending()

    assert together(4, lambda _: events.deliver(first)) == ["handled"] * 4

    assert counts(jobs.job(job_id)) == ("running", 150, 100, 0)
    assert len(pending()) == 1
    assert User.objects.count() == 100


def test_two_lists_of_the_same_addresses_in_opposite_orders_do_not_deadlock():
    """Delivery would try again after a deadlock, so the batches are worked off without it."""
    rows = people(60)
    lists = start(rows), start(rows[::-1])

    assert together(2, lambda number: job_services.job_advance(job_id=lists[number], row=0)) == [None, None]

    made = [jobs.job(each)["created"] for each in lists]
    assert sum(made) == User.objects.count() == 60
    assert [jobs.job(each)["failed"] for each in lists] == [60 - count for count in made]


def test_a_batch_and_a_registration_of_the_same_address_at_once_make_one_account():
    for round_ in range(5):
        email = f"both{round_}@shop.example"
        job_id = start([{"email": email, "username": "Listed"}])
        (batch,) = pending()

        def act(number, email=email, batch=batch):
            if number:
                return events.deliver(batch)
            return accounts.user_register(email=email, username="Self", password="Correct-Horse-7")["username"]

        registered, delivered = together(2, act)

        job = jobs.job(job_id)
        assert delivered == "handled"
        assert User.objects.filter(email=email).count() == 1
        assert (registered == "Self") == (job["failed"] == 1)
        events.clear_outbox()


def test_rows_that_no_key_opens_wait_for_the_key(settings):
    job_id = start(people(1))
    (batch,) = pending()
    key, settings.FIELD_KEYS = settings.FIELD_KEYS, ["MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="]

    assert events.deliver(batch) == "retried"

    assert counts(jobs.job(job_id)) == ("pending", 1, 0, 0)
    assert "FIELD_KEYS" in FailedEvent.objects.get().error
    settings.FIELD_KEYS = key
    assert events.deliver(batch) == "handled"
    assert counts(jobs.job(job_id)) == ("done", 1, 1, 0)


def test_an_event_for_a_job_that_is_not_there_does_nothing():
    assert events.deliver(UsersBulkAdvanced(job_id=uuid7(), row=0)) == "handled"

    assert events.said() == []
    assert InboxEvent.objects.count() == 1


def test_a_batch_takes_five_statements_a_row(django_assert_num_queries):
    job_id = start(people(10))
    events.clear_outbox()

    # begin, lock, rows; savepoint, account, wallet, events, release a row; outcomes, progress, commit
    with django_assert_num_queries(3 + 10 * 5 + 3):
        job_services.job_advance(job_id=job_id, row=0)
