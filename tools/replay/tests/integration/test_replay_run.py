"""The whole replay against a market: what it prints and leaves behind, and when its books do not balance."""

import json
from decimal import Decimal

import pytest

from tools.replay import __main__ as program

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
STAFF = ("--staff-email", "staff@example.com", "--staff-password", "Staff!123")


@pytest.fixture
def data(tmp_path):
    """24 valid invoices of 7 customers and two bad rows; 3 products; worth 24 * 4.50 + 24 * 0.99."""
    lines = [HEADER]
    for number in range(24):
        customer = "" if number % 4 == 0 else f"{number % 6}.0"
        for sku, quantity, price in (("A", 2, "1.00"), ("B", 1, "2.50"), ("C", 1, "0.99")):
            lines.append(f"{1000 + number},{sku},Thing {sku},{quantity},2010-12-01 08:26:00,{price},{customer},UK")
    lines.append("C9,A,Thing A,-1,2010-12-01 08:26:00,1.00,1,UK")
    lines.append("77,A,Thing A,0,2010-12-01 08:26:00,1.00,1,UK")
    path = tmp_path / "retail.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def replay(data, url, capsys):
    def run(*options):
        common = ("--data", str(data), "--base-url", url, *STAFF, "--concurrency", "4", "--grace", "1")
        code = program.main([*common, *options])
        return code, " ".join(capsys.readouterr().out.split())

    return run


def test_a_replay_ends_with_balanced_books(replay, market):
    code, shown = replay()

    assert code == 0
    assert "24 invoices, 72 lines, 96 units of 3 products by 7 customers, worth 131.76" in shown
    assert "bad: cancellation (invoice number begins with C), first in line 74 │ 1 │" in shown
    assert "bad: quantity is 0 or less, first in line 75 │ 1 │" in shown
    assert "│ completed │ │ 24 │" in shown
    assert "│ ✓ │ revenue by the file = order totals │ 131.76 │ 131.76 │ 0.00 │" in shown
    assert "│ ✓ │ order totals = money that left the wallets │ 131.76 │ 131.76 │ 0.00 │" in shown
    assert "✗" not in shown
    assert {sku: product["available"] for sku, product in market.products.items()} == {"A": 0, "B": 0, "C": 0}
    assert (len(market.orders), market.deposits()) == (24, 7)


def test_the_same_command_again_places_nothing_and_balances_again(replay, market):
    replay()
    before = json.dumps([market.orders, market.entries, market.products])

    code, shown = replay()

    assert code == 0
    assert "24 of them had been placed by an earlier run of this command" in shown
    assert json.dumps([market.orders, market.entries, market.products]) == before


def test_a_replay_that_meets_every_kind_of_trouble_still_does_each_thing_once(replay, market, trouble):
    market.fault = trouble

    code, shown = replay("--patience", "60")

    assert code == 0, shown
    assert (len(market.orders), market.deposits(), len(market.imports)) == (24, 7, 1)
    assert market.hits["POST orders"] > 24  # the trouble was real
    assert {sku: product["available"] for sku, product in market.products.items()} == {"A": 0, "B": 0, "C": 0}


def test_orders_that_take_their_time_are_followed_to_their_end(replay, market):
    market.slow = True

    code, shown = replay()

    assert code == 0
    assert "│ completed │ │ 24 │" in shown
    assert market.hits["GET orders/{id}"] == 48  # a look, and a wait


def test_too_little_stock_cancels_orders_and_the_books_still_balance(replay, market):
    code, shown = replay("--stock", "0.5")

    assert code == 0
    assert "│ cancelled │ insufficient_stock │ 12 │" in shown
    assert "│ completed │ │ 12 │" in shown
    assert "│ ✓ │ stock at start - sold = stock now │ 0 │ 0 │ 0 │" in shown


def test_a_limit_is_a_run_of_its_own_with_the_same_customers(replay, market):
    replay("--limit", "5")

    code, _ = replay()

    assert code == 0
    assert (len(market.orders), len(market.imports), len(market.users) - 1) == (29, 2, 7)


def test_an_earlier_run_repeated_after_another_restocked_balances_with_what_it_found(replay, market):
    replay("--limit", "5", "--stock", "3")
    replay("--limit", "9", "--stock", "4")

    code, shown = replay("--limit", "5", "--stock", "3")

    assert code == 0
    assert "│ ✓ │ stock found - sold now = stock now │ 108 │ 108 │ 0 │" in shown


def test_an_order_charged_twice_is_found(replay, market):
    settle = market._settle

    def charge_twice(order):
        settle(order)
        if len(market.orders) == 3:
            market._book(order["user_id"], "payment", Decimal("-5.49"), order["id"])

    market._settle = charge_twice

    code, shown = replay()

    assert code == 1
    assert "│ ✗ │ order totals = money that left the wallets │ 131.76 │ 137.25 │ 5.49 │" in shown
    assert f"│ {list(market.orders)[2]} │ 5.49 │ 10.98 │ 5.49 │" in shown


def test_a_unit_that_vanished_is_found(replay, market):
    settle = market._settle

    def lose_one(order):
        settle(order)
        market.products["B"]["available"] -= len(market.orders) == 24

    market._settle = lose_one

    code, shown = replay()

    assert code == 1
    assert "│ ✗ │ stock at start - sold = stock now │ 0 │ -1 │ -1 │" in shown
    assert "│ B │ 0 │ -1 │ -1 │" in shown


def test_an_order_that_is_refused_for_good_is_shown_and_missed(replay, market, monkeypatch):
    monkeypatch.setattr(market, "fault", lambda request: "refuse" if request == "POST /api/v2/orders/" else "")

    code, shown = replay("--patience", "1", "--limit", "2")

    assert code == 1
    assert "│ ✗ │ valid invoices = orders placed │ 2 │ 0 │ -2 │" in shown
    assert "not placed" in shown


def test_rows_that_the_catalog_does_not_take_end_the_replay_before_any_order(data, url, market, capsys):
    market.bad_row = "B"

    code = program.main(["--data", str(data), "--base-url", url, *STAFF])

    assert code == 2
    assert "✗ The products were not imported\n  why: completed, 1 of 3 rows failed" in capsys.readouterr().err
    assert len(market.orders) == 0


def test_a_wrong_password_is_a_clear_error(data, url, capsys):
    code = program.main(["--data", str(data), "--base-url", url, *STAFF[:3], "wrong"])

    assert code == 2
    assert capsys.readouterr().err == (
        "✗ POST /api/v2/auth/login/ was refused\n"
        "  why: 401 authentication_failed authentication_failed.\n"
        "  do:  look at `make logs`\n"
    )


def test_a_gateway_that_does_not_answer_is_a_clear_error(data, capsys):
    code = program.main(["--data", str(data), "--base-url", "http://127.0.0.1:1", *STAFF, "--patience", "1"])

    assert code == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("✗ POST /api/v2/auth/login/ did not succeed in 1 s and ")
    assert "why: the last time: ConnectError" in complaint


def test_without_a_running_stack_it_says_what_to_do(data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    code = program.main(["--data", str(data)])

    assert code == 2
    assert capsys.readouterr().err == (
        "✗ No running stack is known\n"
        "  why: .run/summary.json: No such file or directory\n"
        "  do:  run `make up` first, or give --base-url, --staff-email and --staff-password\n"
    )


def test_the_running_stack_is_found_by_its_summary(data, url, market, tmp_path, monkeypatch):
    (tmp_path / ".run").mkdir()
    staff = {"email": STAFF[1], "password": STAFF[3]}
    (tmp_path / ".run" / "summary.json").write_text(json.dumps({"gateway": f"{url}/", "staff": staff}))
    monkeypatch.chdir(tmp_path)

    assert program.main(["--data", str(data), "--limit", "1"]) == 0
    assert len(market.orders) == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--data", ""], "argument --data: no file is given; give one: make replay DATA=file.csv.xz"),
        (["--data", "x", "--limit", "0"], "argument --limit: must be a whole number above 0, not '0'"),
        (["--data", "x", "--concurrency", "999"], "argument --concurrency: must be at most 256, not 999"),
        (
            ["--data", "x", "--stock", "-1"],
            "argument --stock: must be a number from 0 to 1000 such as 0.95, not '-1'",
        ),
        (
            ["--data", "x", "--stock", "NaN"],
            "argument --stock: must be a number from 0 to 1000 such as 0.95, not 'NaN'",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(options, complaint, capsys):
    with pytest.raises(SystemExit) as caught:
        program.main(options)

    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err
