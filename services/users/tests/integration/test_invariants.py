"""The laws of ledger and jobs: whole books break none, and each way to break them is reported with exactly its rows."""

from decimal import Decimal
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string
from factories import STAFF, UserFactory, broken_books

from users.models import Entry, JobRow, Payment, Transfer
from users.selectors.invariants import INVARIANTS
from users.services import jobs, payments, wallets

pytestmark = pytest.mark.django_db

CAPTURED, REFUNDED, DECLINED, VOIDED = (UUID(int=number) for number in range(1, 5))
NOBODY = UUID(int=99)


@pytest.fixture
def books():
    """Return whole books: money in, between wallets, and every way that a payment goes."""
    ann, bob, eve = UserFactory(balance="100.00"), UserFactory(balance="50.00"), UserFactory()
    wallets.transfer(user_id=ann.id, to=bob.id, amount=Decimal("10.00"))
    for order_id in (CAPTURED, REFUNDED):
        payments.payment_capture(order_id=order_id, user_id=ann.id, amount=Decimal("20.00"))
    payments.payment_capture(order_id=DECLINED, user_id=eve.id, amount=Decimal("20.00"))
    for order_id in (REFUNDED, VOIDED):
        payments.payment_cancel(order_id=order_id, user_id=ann.id)
    assert broken_books() == []
    connection.check_constraints()  # what is deferred is over, so that tables can be altered
    return {"ann": ann.id, "bob": bob.id, "eve": eve.id}


def execute(*statements, **facts):
    """Do what no code does, past triggers and constraints."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, facts)


def meddle(statement, **facts):
    """Change the ledger, which is only ever added to."""
    for table in ("ledger_entries", "ledger_transfers"):
        execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    execute(statement, **facts)


def without_foreign_key(table, column):
    """Let a column point to nothing."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
        name = next(
            name for name, facts in constraints.items() if facts["foreign_key"] and facts["columns"] == [column]
        )
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def deposit_of(user_id):
    return Transfer.objects.get(kind="deposit", entries__wallet_id=user_id).id


def transfer_of(order_id, kind="payment"):
    return Transfer.objects.get(order_id=order_id, kind=kind).id


def test_a_balance_that_its_entries_do_not_explain(books):
    execute("UPDATE wallets SET balance = balance + 0.01 WHERE user_id = %(ann)s", **books)

    assert broken_books() == [("balance_is_the_sum_of_its_entries", books["ann"])]


def test_an_empty_wallet_that_claims_money(books):
    execute("UPDATE wallets SET balance = 0.01 WHERE user_id = %(eve)s", **books)

    assert broken_books() == [("balance_is_the_sum_of_its_entries", books["eve"])]


def test_a_wallet_below_zero(books):
    execute("ALTER TABLE wallets DROP CONSTRAINT wallets_balance_not_negative")
    meddle("UPDATE wallets SET balance = -1 WHERE user_id = %(bob)s", **books)
    meddle(
        "UPDATE ledger_entries SET amount = -11 WHERE wallet_id = %(bob)s AND transfer_id = %(transfer)s",
        bob=books["bob"],
        transfer=deposit_of(books["bob"]),
    )

    assert broken_books() == [
        ("no_wallet_is_below_zero", books["bob"]),
        ("entries_of_a_transfer_add_up_to_zero", deposit_of(books["bob"])),
        ("every_transfer_moves_its_amount", deposit_of(books["bob"])),
    ]


@pytest.mark.parametrize("is_active", [True, False])
def test_a_user_without_a_wallet(books, is_active):
    execute(
        "UPDATE users SET is_active = %(is_active)s, deactivated_at = CASE WHEN NOT %(is_active)s THEN now() END"
        " WHERE id = %(eve)s",
        "DELETE FROM wallets WHERE user_id = %(eve)s",
        is_active=is_active,
        **books,
    )

    assert broken_books() == [("every_user_has_a_wallet", books["eve"])]


def test_a_wallet_without_a_user(books):
    without_foreign_key("wallets", "user_id")
    execute("INSERT INTO wallets (user_id, balance) VALUES (%(nobody)s, 0)", nobody=NOBODY)

    assert broken_books() == [("every_wallet_has_a_user", NOBODY)]


def test_a_transfer_whose_entries_do_not_add_up(books):
    transfer = deposit_of(books["ann"])
    meddle("UPDATE ledger_entries SET amount = -99 WHERE book = 'cash' AND transfer_id = %(it)s", it=transfer)

    assert broken_books() == [("entries_of_a_transfer_add_up_to_zero", transfer)]


def test_a_transfer_with_a_third_entry(books):
    transfer = deposit_of(books["ann"])
    execute("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
    Entry.objects.filter(transfer_id=transfer, book="cash").update(amount=-60)
    Entry.objects.create(transfer_id=transfer, book="cash", amount=-40)

    assert broken_books() == [("entries_of_a_transfer_add_up_to_zero", transfer)]


def test_a_transfer_that_moved_another_amount(books):
    transfer = deposit_of(books["ann"])
    meddle("UPDATE ledger_transfers SET amount = 101 WHERE id = %(it)s", it=transfer)

    assert broken_books() == [("every_transfer_moves_its_amount", transfer)]


def test_a_transfer_without_entries(books):
    made = Transfer.objects.create(kind="deposit", amount=5)

    assert broken_books() == [("every_transfer_moves_its_amount", made.id)]


def test_entries_without_a_transfer(books):
    transfer = deposit_of(books["ann"])
    orphans = set(Entry.objects.filter(transfer_id=transfer).values_list("id", flat=True))
    without_foreign_key("ledger_entries", "transfer_id")
    meddle("DELETE FROM ledger_transfers WHERE id = %(it)s", it=transfer)

    assert set(broken_books()) == {("every_entry_has_a_transfer", each) for each in orphans}


def test_a_payment_that_claims_a_refund(books):
    execute("UPDATE payments SET state = 'refunded' WHERE order_id = %(it)s", it=CAPTURED)

    assert broken_books() == [
        ("payments_have_the_transfers_of_their_state", CAPTURED),
        ("payments_name_their_latest_transfer", CAPTURED),
    ]


def test_a_declined_payment_that_took_money(books):
    execute(
        "UPDATE payments SET state = 'declined', transfer_id = NULL, reason = 'insufficient_funds'"
        " WHERE order_id = %(it)s",
        it=CAPTURED,
    )

    assert broken_books() == [("payments_have_the_transfers_of_their_state", CAPTURED)]


@pytest.mark.parametrize("order_id", [CAPTURED, REFUNDED])
def test_a_payment_that_names_anothers_transfer(books, order_id):
    execute(
        "UPDATE payments SET transfer_id = %(other)s WHERE order_id = %(it)s",
        it=order_id,
        other=transfer_of(REFUNDED if order_id == CAPTURED else CAPTURED),
    )

    assert broken_books() == [("payments_name_their_latest_transfer", order_id)]


def test_an_order_paid_without_a_payment(books):
    transfer = transfer_of(CAPTURED)
    Payment.objects.filter(order_id=CAPTURED).delete()

    assert broken_books() == [("no_order_is_paid_without_its_payment", transfer)]


def test_an_order_paid_with_another_amount(books):
    Payment.objects.filter(order_id=CAPTURED).update(amount=21)

    assert broken_books() == [("no_order_is_paid_without_its_payment", transfer_of(CAPTURED))]


def test_a_payment_out_of_somebody_elses_wallet(books):
    Payment.objects.filter(order_id=CAPTURED).update(user_id=books["bob"])

    assert broken_books() == [("payments_move_the_payers_money", transfer_of(CAPTURED))]


def test_a_payment_that_moved_money_the_wrong_way(books):
    transfer = transfer_of(CAPTURED)
    execute("UPDATE wallets SET balance = balance + 40 WHERE user_id = %(ann)s", **books)
    meddle("UPDATE ledger_entries SET amount = -amount WHERE transfer_id = %(it)s", it=transfer)

    assert broken_books() == [("payments_move_the_payers_money", transfer)]


@pytest.fixture
def job(books):
    """Return a job that made one account and failed to make another."""
    rows = [{"email": email, "username": "x"} for email in ("new@shop.example", "New@shop.example")]
    job_id = jobs.job_start(users=rows, created_by=STAFF)["id"]
    jobs.job_advance(job_id=job_id, row=0)
    assert broken_books() == []
    connection.check_constraints()
    return job_id


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM job_rows WHERE number = 1",
        "UPDATE jobs SET created = 2, failed = 0",
        "UPDATE jobs SET created = 0, failed = 2",
    ],
)
def test_a_job_that_counts_other_than_its_rows(job, change):
    execute(change)

    assert broken_books() == [("jobs_count_their_rows", job)]


def test_an_account_that_a_job_made_and_nobody_finds(job):
    row = JobRow.objects.get(status="created")
    JobRow.objects.filter(id=row.id).update(user_id=NOBODY)

    assert broken_books() == [("accounts_made_by_jobs_exist", row.id)]


def test_every_law_is_broken_by_a_test_above(request):
    """A law that no test breaks could be one that nothing breaks."""
    source = request.path.read_text()

    assert [law for law in INVARIANTS if f'("{law}", ' not in source] == []


def test_the_audit_of_this_service_reads_these_laws(books, capsys):
    assert import_string(settings.SERVICE_INVARIANTS) is INVARIANTS

    call_command("audit")

    said = capsys.readouterr().out
    assert [law for law in INVARIANTS if law not in said] == []
