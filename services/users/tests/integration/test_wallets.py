"""Wallets: what is shown, deposits and transfers, their keys, their races."""

from decimal import Decimal

import pytest
from django.utils import timezone
from factories import UserFactory, balance, broken_books

from shared.db.models import uuid7
from shared.testing.race import together
from users.domain.ledger import WALLET_LIMIT
from users.models import Entry, Transfer
from users.services import wallets

pytestmark = pytest.mark.django_db

STAFF = uuid7()


@pytest.fixture
def staff(api):
    return api(STAFF, roles=("staff",))


@pytest.fixture
def ann():
    return UserFactory(balance="100.00")


@pytest.fixture
def bob():
    return UserFactory()


def deposit(client, user_id, amount="5.00", key="key-1", **more):
    return client.post("wallet/deposits/", {"user_id": str(user_id), "amount": amount} | more, idempotency_key=key)


def transfer(client, to, amount="5.00", key="key-1"):
    return client.post("wallet/transfers/", {"to": str(to), "amount": amount}, idempotency_key=key)


def test_one_sees_ones_own_balance_in_both_shapes(api, ann, settings):
    v2, v1 = api(ann.id).get("wallet/").json(), api(ann.id, version="v1").get("wallet/").json()

    assert v2 == {"balance": "100.00", "currency": settings.CURRENCY, "updated_at": v2["updated_at"]}
    assert v1 == {"data": v2}


def test_who_has_no_wallet_finds_none(api):
    assert api(uuid7()).get("wallet/").status_code == 404
    assert api(uuid7()).get("wallet/entries/").json()["data"] == []


def test_entries_show_what_moved_and_nobody_elses(api, staff, ann, bob):
    deposit(staff, ann.id, "20.00", reference="gift")
    transfer(api(ann.id), bob.id, "30.00")

    mine = api(ann.id).get("wallet/entries/").json()["data"]
    theirs = api(bob.id, version="v1").get("wallet/entries/").json()["results"]

    assert [(each["kind"], each["amount"], each["reference"], each["order_id"]) for each in mine] == [
        ("transfer", "-30.00", "", None),
        ("deposit", "20.00", "gift", None),
        ("deposit", "100.00", "start", None),
    ]
    assert set(mine[0]) == {"id", "kind", "amount", "order_id", "reference", "created_at"}
    assert [(each["kind"], each["amount"]) for each in theirs] == [("transfer", "30.00")]


def test_entries_are_walked_page_by_page(api, ann):
    from urllib.parse import parse_qs, urlsplit

    for number in range(6):
        wallets.deposit(user_id=ann.id, amount=Decimal(number + 1))
    walked, query = [], {"limit": "3"}
    while query:
        page = api(ann.id).get("wallet/entries/", query).json()
        walked += [each["amount"] for each in page["data"]]
        query = page["next"] and {k: v[0] for k, v in parse_qs(urlsplit(page["next"]).query).items()}

    assert walked == ["6.00", "5.00", "4.00", "3.00", "2.00", "1.00", "100.00"]


def test_an_unknown_parameter_of_the_entries_is_named(api, ann):
    assert list(api(ann.id).get("wallet/entries/", {"user_id": "x"}).json()["errors"]) == ["user_id"]


def test_staff_puts_money_in(staff, bob):
    response = deposit(staff, bob.id, "12.34", reference="cash desk")

    body = response.json()
    assert response.status_code == 201
    assert body == {
        "id": str(Transfer.objects.get().id),
        "kind": "deposit",
        "amount": "12.34",
        "reference": "cash desk",
        "created_at": body["created_at"],
        "balance": "12.34",
        "user_id": str(bob.id),
    }
    assert balance(bob) == Decimal("12.34")
    assert broken_books() == []


def test_customers_put_nothing_in(api, ann):
    assert deposit(api(ann.id), ann.id).status_code == 403
    assert balance(ann) == 100


def test_a_deposit_without_a_key_is_refused(staff, api, ann, bob):
    for response in (
        staff.post("wallet/deposits/", {"user_id": str(ann.id), "amount": "5.00"}),
        api(ann.id).post("wallet/transfers/", {"to": str(bob.id), "amount": "5.00"}),
    ):
        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["Idempotency-Key"]
    assert balance(ann) == 100


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "0.00"}, "amount"),
        ({"amount": "-5.00"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": None}, "amount"),
        ({"user_id": "me"}, "user_id"),
        ({"user_id": "01a20303-0f0f-751b-8634-5a2675d83611"}, "user_id"),
        ({"reference": "x" * 201}, "reference"),
        ({"kind": "refund"}, "kind"),
    ],
)
def test_a_wrong_deposit_names_the_field_and_moves_nothing(staff, ann, body, field):
    sent = {"user_id": str(ann.id), "amount": "5.00"} | body

    response = staff.post("wallet/deposits/", sent, idempotency_key="k")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert balance(ann) == 100
    assert Transfer.objects.count() == 1


def test_money_for_somebody_who_has_left_is_refused(staff, api, ann):
    gone = UserFactory(is_active=False, deactivated_at=timezone.now())

    assert list(deposit(staff, gone.id).json()["errors"]) == ["user_id"]
    assert list(transfer(api(ann.id), gone.id).json()["errors"]) == ["to"]
    assert (balance(gone), balance(ann)) == (0, 100)


def test_a_wallet_has_a_limit(staff, api, ann, bob):
    assert deposit(staff, bob.id, str(WALLET_LIMIT), "k1").status_code == 201

    for response in (deposit(staff, bob.id, "0.01", "k2"), transfer(api(ann.id), bob.id, "0.01", "k3")):
        assert response.status_code == 400
        assert response.json()["code"] == "wallet_limit_reached"
    assert balance(ann) == 100
    assert deposit(staff, ann.id, "999999999999.99", "k4").json()["code"] == "wallet_limit_reached"
    assert broken_books() == []


def test_a_transfer_moves_money(api, ann, bob):
    response = transfer(api(ann.id), bob.id, "30.50")

    body = response.json()
    assert response.status_code == 201
    assert (body["kind"], body["amount"], body["to"], body["balance"]) == (
        "transfer",
        "30.50",
        str(bob.id),
        "69.50",
    )
    assert (balance(ann), balance(bob)) == (Decimal("69.50"), Decimal("30.50"))
    assert broken_books() == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_nobody_sends_more_than_there_is(api, ann, bob, version):
    response = transfer(api(ann.id, version=version), bob.id, "100.01")

    body = response.json()
    assert response.status_code == 400
    assert (body["code"] if version == "v2" else body["error"]["code"]) == "insufficient_funds"
    assert (balance(ann), balance(bob)) == (100, 0)
    assert Transfer.objects.count() == 1


def test_all_of_it_may_be_sent(api, ann, bob):
    assert transfer(api(ann.id), bob.id, "100.00").status_code == 201
    assert (balance(ann), balance(bob)) == (0, 100)


def test_nobody_sends_to_oneself_or_to_nobody(api, ann):
    assert list(transfer(api(ann.id), ann.id, key="k1").json()["errors"]) == ["to"]
    assert list(transfer(api(ann.id), uuid7(), key="k2").json()["errors"]) == ["to"]
    assert balance(ann) == 100


def test_who_is_no_user_sends_nothing(api, ann):
    assert transfer(api(uuid7()), ann.id).status_code == 404
    assert balance(ann) == 100


def test_a_key_replays_the_answer_and_refuses_another_request(staff, ann):
    first = deposit(staff, ann.id, "5.00")
    again = deposit(staff, ann.id, "5.00")
    other = deposit(staff, ann.id, "6.00")

    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert balance(ann) == 105


def test_a_refused_transfer_is_replayed_too_and_moves_nothing(api, staff, ann, bob):
    first = transfer(api(ann.id), bob.id, "150.00")
    deposit(staff, ann.id, "100.00")
    again = transfer(api(ann.id), bob.id, "150.00")

    assert (first.status_code, again.status_code) == (400, 400)
    assert balance(bob) == 0


def test_somebody_elses_key_is_another_key(api, ann, bob):
    carl = UserFactory(balance="10.00")

    assert transfer(api(ann.id), bob.id, "5.00", "shared").status_code == 201
    assert transfer(api(carl.id), bob.id, "5.00", "shared").status_code == 201
    assert balance(bob) == 10


@pytest.mark.usefixtures("settled_subjects")
@pytest.mark.parametrize("path", ["wallet/", "wallet/entries/"])
def test_reads_take_one_query(api, ann, path, django_assert_num_queries):
    wallets.deposit(user_id=ann.id, amount=Decimal(1))

    with django_assert_num_queries(1):
        api(ann.id).get(path)


def test_a_transfer_takes_six_statements(ann, bob, django_assert_num_queries):
    # savepoint, lock both, take, give, transfer with its entries, end of the savepoint
    with django_assert_num_queries(6):
        wallets.transfer(user_id=ann.id, to=bob.id, amount=Decimal(1))


@pytest.mark.django_db(transaction=True)
def test_two_hundred_opposite_transfers_end_without_deadlock(ann, bob):
    wallets.deposit(user_id=bob.id, amount=Decimal("100.00"))

    def move(number):
        there = number % 2 == 0
        source, target = (ann, bob) if there else (bob, ann)
        for step in range(10):
            wallets.transfer(user_id=source.id, to=target.id, amount=Decimal(f"0.0{step % 9 + 1}"))
        return "done"

    assert together(20, move) == ["done"] * 20

    assert (balance(ann), balance(bob)) == (100, 100)
    assert Entry.objects.count() == 2 * (2 + 200)
    assert broken_books() == []


@pytest.mark.django_db(transaction=True)
def test_parallel_transfers_never_overdraw(ann, bob):
    results = together(20, lambda _: wallets.transfer(user_id=ann.id, to=bob.id, amount=Decimal("30.00")))

    refused = [each for each in results if isinstance(each, wallets.InsufficientFunds)]
    assert len(refused) == 17
    assert (balance(ann), balance(bob)) == (10, 90)
    assert broken_books() == []


@pytest.mark.django_db(transaction=True)
def test_one_deposit_sent_fifty_times_at_once_is_made_once(api, ann):
    responses = together(50, lambda _: deposit(api(STAFF, roles=("staff",)), ann.id, "7.00"))

    statuses = {each.status_code for each in responses}
    assert statuses <= {201, 409}
    assert 201 in statuses
    assert all("Retry-After" in each.headers for each in responses if each.status_code == 409)
    assert len({each.content for each in responses if each.status_code == 201}) == 1
    assert balance(ann) == 107
    assert broken_books() == []
