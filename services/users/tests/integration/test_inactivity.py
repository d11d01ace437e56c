"""`process_inactive_users`: exactly those without a login for long, in batches, resumed, with all that follows."""

import json
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import connections, transaction
from django.utils import timezone
from factories import PASSWORD, UserFactory, broken_books

from shared.auth import subjects
from shared.auth.models import Subject
from shared.db.models import uuid7
from shared.errors import AuthenticationFailed
from shared.events.contracts import UserDeactivated
from shared.events.models import OutboxEvent
from shared.testing import events
from shared.testing.race import together
from shared.testing.waiting import PATIENCE, until_somebody_waits_for_a_lock
from users.domain import emails
from users.models import RefreshSession, User, Wallet
from users.services import inactivity, passwords, sessions

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
LONG, SHORT = timedelta(days=31), timedelta(days=29)


def run(*arguments):
    """Run the command; returns its result and what it said meanwhile."""
    out, err = StringIO(), StringIO()
    call_command("process_inactive_users", *arguments, "--format", "json", stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue().splitlines()


def crowd(count):
    """Make accounts of which every fifth is idle since its last login, and another fifth has never logged in."""
    kinds = (
        {"last_login_at": NOW - LONG},
        {"created_at": NOW - LONG},
        {"last_login_at": NOW - SHORT},
        {"created_at": NOW - SHORT},
        {"last_login_at": NOW - LONG, "is_staff": True},
    )
    made = []
    for number in range(count):
        email = f"person{number}@crowd.example"
        made.append(User(id=uuid7(), email=email, email_key=emails.key(email), username="x", password="!"))
    User.objects.bulk_create(made)
    Wallet.objects.bulk_create(Wallet(user=user) for user in made)
    # Whoever logged in has registered long ago.
    User.objects.update(created_at=NOW - 2 * LONG)
    for number, facts in enumerate(kinds):
        User.objects.filter(id__in=[user.id for user in made[number::5]]).update(**facts)
    return {user.id for user in made[0::5]} | {user.id for user in made[1::5]}


def idle_user(**facts):
    user = UserFactory()
    User.objects.filter(id=user.id).update(**{"last_login_at": NOW - LONG, **facts})
    return user


def inactive():
    return set(User.objects.filter(is_active=False).values_list("id", flat=True))


def test_of_2500_accounts_exactly_the_idle_ones_go():
    idle = crowd(2500)

    result, said = run("--batch-size", "300")

    assert len(idle) == 1000
    assert inactive() == idle
    assert result == {"dry_run": False, "days_inactive": 30, "accounts": 1000, "last_id": str(max(idle))}
    assert [line.split()[0] for line in said] == ["300", "600", "900", "1000"]
    assert set(User.objects.filter(id__in=idle).values_list("epoch", flat=True)) == {1}
    assert set(User.objects.exclude(id__in=idle).values_list("epoch", "deactivated_at")) == {(0, None)}
    assert set(Subject.objects.filter(deactivated_at__isnull=False).values_list("user_id", flat=True)) == idle
    told = OutboxEvent.objects.filter(type=UserDeactivated.TYPE).values_list("subject", flat=True)
    assert sorted(told) == sorted(idle)
    assert broken_books() == []


def test_it_is_harmless_to_repeat():
    crowd(50)
    run()
    before = list(User.objects.order_by("id").values())
    events.clear_outbox()

    result, said = run()

    assert (result["accounts"], result["last_id"], said) == (0, None, [])
    assert list(User.objects.order_by("id").values()) == before
    assert events.said() == []


def test_interrupted_in_the_middle_and_run_again_nobody_is_left_or_told_twice(monkeypatch):
    idle = crowd(500)
    real, calls = inactivity.outbox.append, []

    def killed(*said):
        calls.append(said)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*said)

    monkeypatch.setattr(inactivity.outbox, "append", killed)
    with pytest.raises(CommandError) as caught:
        run("--batch-size", "50")
    last = sorted(idle)[99]
    assert str(caught.value) == f"Stopped after 100 accounts; run it again, or go on with --after {last}."
    assert caught.value.returncode == 130
    assert inactive() == set(sorted(idle)[:100])
    assert Subject.objects.count() == OutboxEvent.objects.count() == 100

    monkeypatch.undo()
    result, _ = run("--batch-size", "50", "--after", str(last))

    assert result["accounts"] == 100
    assert inactive() == idle
    told = OutboxEvent.objects.filter(type=UserDeactivated.TYPE).values_list("subject", flat=True)
    assert sorted(told) == sorted(idle)


def test_stopped_before_the_first_batch_it_names_no_id(monkeypatch):
    crowd(5)

    def killed(*said):
        raise KeyboardInterrupt

    monkeypatch.setattr(inactivity.outbox, "append", killed)
    with pytest.raises(CommandError, match=r"^Stopped after 0 accounts; run it again\.$"):
        run()


def test_after_leaves_out_the_ids_up_to_it():
    idle = sorted(crowd(50))

    result, _ = run("--after", str(idle[14]))

    assert result["accounts"] == 5
    assert inactive() == set(idle[15:])


def test_a_dry_run_counts_and_changes_nothing():
    idle = crowd(100)
    before = list(User.objects.order_by("id").values())

    result, said = run("--dry-run", "--batch-size", "30")

    assert result == {"dry_run": True, "days_inactive": 30, "accounts": 40, "last_id": str(max(idle))}
    assert len(said) == 2
    assert list(User.objects.order_by("id").values()) == before
    assert Subject.objects.count() == 0
    assert events.said() == []


def test_the_days_decide():
    week, fortnight = (idle_user(last_login_at=NOW - timedelta(days=days, minutes=1)) for days in (7, 14))

    assert run("--days-inactive", "14")[0]["accounts"] == 1
    assert inactive() == {fortnight.id}
    assert run("--days-inactive", "7")[0]["accounts"] == 1
    assert inactive() == {fortnight.id, week.id}


def test_what_follows_is_what_follows_from_any_deactivation():
    user = UserFactory(username="Ann", age=30, balance="5.00")
    refresh = sessions.login(email=user.email, password=PASSWORD, now=NOW)["refresh"]
    other = UserFactory()
    sessions.login(email=other.email, password=PASSWORD, now=NOW)
    User.objects.filter(id=user.id).update(last_login_at=NOW - LONG)
    events.clear_outbox()

    run()

    user.refresh_from_db()
    assert (user.is_active, user.epoch, user.username, user.age) == (False, 1, "Ann", 30)
    assert user.deactivated_at == user.updated_at
    assert passwords.matches(PASSWORD, user.password)
    assert Wallet.objects.get(user=user).balance == 5
    family = RefreshSession.objects.get(user=user)
    assert (family.revoked_at, family.latest_sealed) == (user.deactivated_at, "")
    assert RefreshSession.objects.get(user=other).revoked_at is None
    assert events.said() == [UserDeactivated(user_id=user.id)]
    for attempt in (
        lambda: sessions.refresh(token=refresh, now=NOW),
        lambda: sessions.login(email=user.email, password=PASSWORD, now=NOW),
    ):
        with pytest.raises(AuthenticationFailed):
            attempt()


def test_its_tokens_are_refused_at_once(api):
    user = idle_user()
    assert api(user.id).get("users/me/").status_code == 200

    run()

    subjects.forget_cache()
    assert api(user.id).get("users/me/").status_code == 401


def test_a_login_during_the_run_is_respected():
    """The command asks for the row while a login holds it: it waits, looks again, and leaves the account."""
    busy, idle = idle_user(), idle_user()
    outcome = []

    def work():
        outcome.append(run()[0]["accounts"])
        connections.close_all()

    command = threading.Thread(target=work)
    with transaction.atomic():
        User.objects.filter(id=busy.id).update(last_login_at=NOW)
        command.start()
        until_somebody_waits_for_a_lock()
        assert inactive() == set()
    command.join(timeout=PATIENCE)

    assert outcome == [1]
    assert inactive() == {idle.id}
    assert User.objects.get(id=busy.id).epoch == 0


def test_two_runs_at_once_deactivate_everyone_once():
    idle = crowd(300)

    results = together(2, lambda _: run("--batch-size", "20")[0]["accounts"])

    assert sum(results) == len(idle)
    assert inactive() == idle
    assert OutboxEvent.objects.filter(type=UserDeactivated.TYPE).count() == len(idle)


@pytest.mark.parametrize("count", [10, 200])
def test_a_batch_takes_the_same_statements_however_large_it_is(django_assert_num_queries, count):
    crowd(count)
    batches = inactivity.users_deactivate_inactive(idle_since=NOW - timedelta(days=30), now=NOW, batch_size=1000)

    # begin, ids under lock, users, sessions, subjects, events, commit
    with django_assert_num_queries(7):
        assert next(batches).count == count * 2 // 5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--batch-size", "0"), "argument --batch-size: must be a whole number from 1 to 10000, not '0'."),
        (("--batch-size", "-5"), "argument --batch-size: must be a whole number from 1 to 10000, not '-5'."),
        (("--batch-size", "10001"), "argument --batch-size: must be a whole number from 1 to 10000, not '10001'."),
        (("--batch-size", "many"), "argument --batch-size: must be a whole number from 1 to 10000, not 'many'."),
        (("--days-inactive", "0"), "argument --days-inactive: must be a whole number from 1 to 36500, not '0'."),
        (("--days-inactive", "1.5"), "argument --days-inactive: must be a whole number from 1 to 36500, not '1.5'."),
        (("--after", "7"), "argument --after: must be the id of an account, not '7'."),
        (("--format", "xml"), "argument --format: invalid choice: 'xml'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_a_sentence(capsys, arguments, text):
    user = idle_user()

    with pytest.raises(SystemExit) as caught:
        execute_from_command_line(["manage.py", "process_inactive_users", *arguments])

    assert caught.value.code == 2
    assert text in capsys.readouterr().err
    assert User.objects.get(id=user.id).is_active


def test_for_people_it_says_one_sentence():
    user = idle_user()
    out = StringIO()

    call_command("process_inactive_users", "--dry-run", stdout=out, stderr=StringIO())
    call_command("process_inactive_users", stdout=out, stderr=StringIO())
    call_command("process_inactive_users", stdout=out, stderr=StringIO())

    assert out.getvalue().splitlines() == [
        f"1 accounts without a login for 30 days would be deactivated; last id {user.id}.",
        f"1 accounts without a login for 30 days deactivated; last id {user.id}.",
        "0 accounts without a login for 30 days deactivated; last id -.",
    ]
