"""`manage.py audit_across`: what it prints and writes, how it ends, and what it needs to look."""

import time

import orjson
import psycopg
import pytest
from django.core.management import CommandError, call_command
from market import USER

from shared.upkeep.across import laws, snapshots
from shared.upkeep.management.commands import audit_across

pytestmark = pytest.mark.django_db(transaction=True)


def audit(capsys, *options):
    """Return the exit code and what was printed."""
    try:
        call_command("audit_across", *options)
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_a_good_look_ends_with_zero(market, capsys):
    market.sale()

    code, text = audit(capsys)

    assert code == 0
    assert text.splitlines()[-2:] == [
        "looked at 1 orders, 0 unsettled, 1 reservations, 1 payments",
        "every invariant holds",
    ]
    assert [line.split()[1:] for line in text.splitlines()[:9]] == [["ok", "0"]] * 9


def test_a_contradiction_ends_with_one_and_the_rows(market, capsys):
    order_id = market.sold(money="declined")

    code, text = audit(capsys)

    assert code == 1
    (line,) = [line for line in text.splitlines() if str(order_id) in line]
    assert line.startswith(
        f"    order_id={order_id}  status=completed  total=5.00  lines=5.00  units=2  user_id={USER}"
    )
    assert "stock=committed" in line
    assert "money=declined  amount=5.00" in line
    assert text.splitlines()[-1] == "1 of 9 laws are broken"


def test_programs_get_json(market, capsys):
    order_id = market.sold(stock=None)

    code, text = audit(capsys, "--format", "json", "--age", "0")

    told = orjson.loads(text)
    assert (code, told["holds"]) == (1, False)
    assert told["seen"] == {"orders": 1, "unsettled": 0, "reservations": 0, "payments": 1}
    wrong = {each["name"]: each["first"] for each in told["invariants"] if each["state"] == "violated"}
    assert [row["order_id"] for row in wrong["completed_order_is_committed"]] == [str(order_id)]
    assert len(told["invariants"]) == len(laws.LAWS)


def test_prometheus_gets_a_textfile(market, capsys, tmp_path):
    market.sold(money=None)
    path = tmp_path / "across.prom"

    code, _ = audit(capsys, "--textfile", str(path))

    lines = path.read_text().splitlines()
    assert code == 1
    assert 'plaza_across_violations{law="completed_order_is_captured"} 1' in lines
    assert 'plaza_across_violations{law="completed_order_is_committed"} 0' in lines
    assert 'plaza_across_seen{kind="orders"} 1' in lines
    assert abs(int(lines[-1].removeprefix("plaza_across_timestamp_seconds ")) - time.time()) < 60
    assert [each.name for each in tmp_path.iterdir()] == ["across.prom"]


def test_a_role_that_may_only_read_is_enough(databases, market, monkeypatch, capsys):
    for each in (market.orders, market.catalog, market.users):
        each.execute("DROP ROLE IF EXISTS plaza_reader" if each is market.orders else "SELECT 1")
    market.orders.execute("CREATE ROLE plaza_reader LOGIN PASSWORD 'only-reads'")
    try:
        for service, each in (("orders", market.orders), ("catalog", market.catalog), ("users", market.users)):
            each.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plaza_reader")
            parts = psycopg.conninfo.conninfo_to_dict(databases[service])
            place = "postgresql://plaza_reader:only-reads@{host}:{port}/{dbname}".format(**parts)
            monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", place)
        market.sale()

        assert audit(capsys)[0] == 0
    finally:
        for each in (market.orders, market.catalog, market.users):
            each.execute("DROP OWNED BY plaza_reader")
        market.orders.execute("DROP ROLE plaza_reader")


def test_it_cannot_write(databases):
    with snapshots._connected(databases["orders"]) as made, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        made.execute("DELETE FROM orders")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"USERS_DATABASE_URL": None, "ORDERS_DATABASE_URL": ""}, "Set USERS_DATABASE_URL, ORDERS_DATABASE_URL."),
        ({"CATALOG_DATABASE_URL": "postgresql://u:hidden@[h/x"}, "No postgresql:// address: CATALOG_DATABASE_URL."),
        ({"CATALOG_DATABASE_URL": "mysql://u:hidden@h/x"}, "No postgresql:// address: CATALOG_DATABASE_URL."),
        ({"ORDERS_DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/x"}, "A database cannot be read: "),
    ],
)
def test_without_a_look_it_ends_with_two_and_tells_no_secret(market, monkeypatch, changes, told):
    for name, value in changes.items():
        monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)

    with pytest.raises(CommandError) as refused:
        call_command("audit_across")

    assert refused.value.returncode == 2
    assert str(refused.value).startswith(told)
    assert "hidden" not in str(refused.value)


def test_addresses_may_be_mounted_secrets(databases, market, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(audit_across, "SECRETS", tmp_path)
    for service, place in databases.items():
        monkeypatch.delenv(f"{service.upper()}_DATABASE_URL")
        (tmp_path / f"{service.upper()}_DATABASE_URL").write_text(f"{place}\n")

    call_command("audit_across")

    assert "every invariant holds" in capsys.readouterr().out


def test_a_database_of_another_service_is_no_look(databases, market, monkeypatch):
    monkeypatch.setenv("CATALOG_DATABASE_URL", databases["users"])

    with pytest.raises(CommandError, match='relation "reservation" does not exist') as refused:
        call_command("audit_across")

    assert refused.value.returncode == 2


def test_figures_that_cannot_be_written_are_no_success(market, tmp_path):
    with pytest.raises(CommandError, match="The figures cannot be written") as refused:
        call_command("audit_across", "--textfile", str(tmp_path / "missing" / "x.prom"))

    assert refused.value.returncode == 2


@pytest.mark.parametrize("age", ["-1", "1.5", "soon"])
def test_an_age_is_a_whole_number(age):
    with pytest.raises(CommandError, match="no whole number of seconds"):
        call_command("audit_across", f"--age={age}")
