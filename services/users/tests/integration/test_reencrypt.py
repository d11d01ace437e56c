"""`manage.py reencrypt`: after it the new key alone reads everything, whatever happened meanwhile."""

import os
import signal
import subprocess
import sys
import threading
from itertools import count, takewhile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.db import sealed
from shared.testing.race import together
from shared.testing.waiting import PATIENCE
from users.models import RefreshSession, SigningKey, User
from users.services import accounts, jobs, keys, reencryption

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SERVICE = Path(__file__).parents[2]


@pytest.fixture
def phones(settings, api):
    """Seal one of everything and twenty-five phone numbers with the old key, then put the new key in front."""
    settings.FIELD_KEYS = [OLD]
    users = [UserFactory(phone_number=f"+1555000{number:04}", password="!") for number in range(25)]
    UserFactory(email="ann@shop.example")
    api().post("auth/login/", {"email": "ann@shop.example", "password": PASSWORD})
    jobs.job_start(users=[{"email": "bulk@shop.example", "username": "Bulk"}], created_by=users[0].id)
    settings.FIELD_KEYS = [NEW, OLD]
    return {user.id: user.phone_number for user in users}


def raw():
    """Return every encrypted value of the database, by column."""
    found = {}
    with connection.cursor() as cursor:
        for model, column in reencryption.COLUMNS:
            cursor.execute(f"SELECT {column} FROM {model._meta.db_table} WHERE {column} <> ''")
            found[f"{model._meta.db_table}.{column}"] = [row[0] for row in cursor.fetchall()]
    return found


def sealed_by(key):
    """Return how many encrypted values a key alone can read."""
    return sum(is_readable(value, key) for values in raw().values() for value in values)


def is_readable(value, key):
    """Return whether the key alone decrypts the value."""
    try:
        Fernet(key).decrypt(value.encode())
    except InvalidToken:
        return False
    return True


def test_every_encrypted_column_is_known():
    there = {
        (model, field.name)
        for model in apps.get_app_config("users").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, sealed.SealedField) or "sealed" in field.name
    }

    assert there == set(reencryption.COLUMNS)


def test_afterwards_the_new_key_alone_reads_everything(phones, settings, capsys):
    before = {name: len(values) for name, values in raw().items()}

    call_command("reencrypt", "--batch-size", "10")

    assert before == {
        "users.phone_number": 25,
        "signing_keys.private_pem_sealed": 1,
        "refresh_sessions.latest_sealed": 1,
        "job_rows.sealed": 1,
    }
    assert capsys.readouterr().out.splitlines() == [
        "users: 10 rows looked at, 10 encrypted again",
        "users: 20 rows looked at, 20 encrypted again",
        "users: 26 rows looked at, 25 encrypted again",
        "signing_keys: 1 rows looked at, 1 encrypted again",
        "refresh_sessions: 1 rows looked at, 1 encrypted again",
        "job_rows: 1 rows looked at, 1 encrypted again",
        "done: 28 of 29 rows encrypted again",
    ]
    settings.FIELD_KEYS = [NEW]
    assert dict(User.objects.exclude(phone_number__isnull=True).values_list("id", "phone_number")) == phones
    assert sealed.unseal(SigningKey.objects.get().private_pem_sealed).startswith("-----BEGIN PRIVATE KEY-----")
    assert sealed.unseal(RefreshSession.objects.get().latest_sealed)
    keys.forget()
    assert keys.signer(now=timezone.now()).kid == SigningKey.objects.get().kid
    assert (sealed_by(OLD), sealed_by(NEW)) == (0, 28)


def test_a_second_run_changes_nothing(phones, capsys):
    call_command("reencrypt")
    before = raw()
    changed_at = list(User.objects.order_by("id").values_list("updated_at", flat=True))
    capsys.readouterr()

    call_command("reencrypt")

    assert raw() == before
    assert list(User.objects.order_by("id").values_list("updated_at", flat=True)) == changed_at
    assert capsys.readouterr().out.endswith("done: 0 of 29 rows encrypted again\n")


def test_numbers_are_found_before_during_and_after(phones, staff):
    def found():
        return len(staff.get("users/", {"phone_number": "+15550000007"}).json()["data"])

    before = found()
    during = [found() for _ in reencryption.reencrypt(batch_size=5)]

    assert before == 1
    assert during == [1] * 9


def test_another_index_key_is_taken_up_too(phones, staff, settings):
    settings.FIELD_INDEX_KEY = "another-index-key-another-index-key-"
    assert staff.get("users/", {"phone_number": "+15550000007"}).json()["data"] == []

    call_command("reencrypt")

    (found,) = staff.get("users/", {"phone_number": "+15550000007"}).json()["data"]
    assert found["phone_number"] == "+15550000007"


def keep_changing(ids, *, digit, stop):
    """Change numbers until told to stop; returns the last number of each user."""
    written = {}
    for turn in takewhile(lambda _: not stop.is_set(), count()):
        user_id, number = ids[turn % len(ids)], f"+1555{digit}{turn:06}"
        accounts.user_update(user_id=user_id, changes={"phone_number": number}, now=timezone.now())
        written[user_id] = number
    return written


def test_numbers_that_change_meanwhile_are_neither_lost_nor_brought_back(phones, settings):
    stop, ids = threading.Event(), list(phones)

    def act(part):
        if part < 3:
            return keep_changing(ids[part::3], digit=part, stop=stop)
        try:
            for _ in range(5):
                call_command("reencrypt", "--batch-size", "3")
        finally:
            stop.set()

    *written, done = together(4, act)

    assert done is None
    latest = phones | written[0] | written[1] | written[2]
    assert latest != phones
    call_command("reencrypt")
    settings.FIELD_KEYS = [NEW]
    assert dict(User.objects.exclude(phone_number__isnull=True).values_list("id", "phone_number")) == latest


def test_a_row_that_somebody_holds_is_waited_for(phones):
    held, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            User.objects.select_for_update().get(id=list(phones)[3])
            held.set()
            release.wait(PATIENCE)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(PATIENCE)
    threading.Timer(0.5, release.set).start()

    call_command("reencrypt")

    holder.join()
    assert (sealed_by(OLD), sealed_by(NEW)) == (0, 28)


def test_killed_in_the_middle_it_is_run_again(phones, settings):
    address = connection.settings_dict
    environment = os.environ | {
        "FIELD_KEYS": f"{NEW},{OLD}",
        "FIELD_INDEX_KEY": settings.FIELD_INDEX_KEY,
        "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**address),
    }
    command = [sys.executable, "manage.py", "reencrypt", "--batch-size", "1"]

    with (
        transaction.atomic(),
        subprocess.Popen(command, cwd=SERVICE, env=environment, stdout=subprocess.PIPE, text=True) as run,
    ):
        User.objects.select_for_update().get(id=max(phones))  # so that it does not end meanwhile
        for _ in range(3):
            run.stdout.readline()
        run.send_signal(signal.SIGKILL)
        run.wait()

    left = sealed_by(OLD)
    assert run.returncode == -signal.SIGKILL
    assert 0 < left < 28
    call_command("reencrypt")
    settings.FIELD_KEYS = [NEW]
    assert (sealed_by(OLD), sealed_by(NEW)) == (0, 28)
    assert dict(User.objects.exclude(phone_number__isnull=True).values_list("id", "phone_number")) == phones


def test_a_missing_key_is_a_clear_error_and_changes_nothing(phones, settings):
    before = raw()
    settings.FIELD_KEYS = [NEW]

    with pytest.raises(CommandError, match="FIELD_KEYS holds no key"):
        call_command("reencrypt")

    assert raw() == before


def test_a_batch_has_at_least_one_row():
    with pytest.raises(CommandError, match="--batch-size"):
        call_command("reencrypt", "--batch-size", "0")


def test_a_dump_holds_no_number_in_clear(phones):
    with connection.cursor() as cursor, cursor.copy("COPY users TO STDOUT") as rows:
        dump = b"".join(bytes(each) for each in rows).decode()

    assert len(dump.splitlines()) == 26
    assert "ann@shop.example" in dump
    assert not any(number.removeprefix("+") in dump for number in phones.values())
