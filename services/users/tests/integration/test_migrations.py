"""The migrations with rows in the tables: forwards and back again, in a schema of their own."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from users import migrations

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = "0003_jobs"
LAST = max(path.stem for path in Path(migrations.__file__).parent.glob("0*.py"))
VERIFIED, PLAIN, GONE, ERASED = (UUID(int=number) for number in range(1, 5))
CHANGED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def schema():
    """Migrate an empty schema to what release 0.1 left behind; the suite's own tables are out of sight."""
    run("DROP SCHEMA IF EXISTS migrated CASCADE")
    run("CREATE SCHEMA migrated")
    run("SET search_path TO migrated")
    try:
        migrate(FIRST)
        yield
    finally:
        run("RESET search_path")
        run("DROP SCHEMA migrated CASCADE")


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else None


def migrate(name):
    executor = MigrationExecutor(connection)
    executor.migrate([("users", name)])


def add(user_id, email, **columns):
    """Write an account as release 0.1 did."""
    row = {
        "id": user_id,
        "email": email,
        "username": "",
        "password": "!",
        "user_type": "regular",
        "is_active": True,
        "is_verified": False,
        "is_staff": False,
        "epoch": 0,
        "bio": "",
        "avatar_url": "",
        "location": "",
        "created_at": CHANGED,
        "updated_at": CHANGED,
    } | columns
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    run(f"INSERT INTO users ({names}) VALUES ({places})", *row.values())


def values(*names):
    """Return these columns of every account, by id."""
    rows = run(f"SELECT id, {', '.join(names)} FROM users ORDER BY id")
    return {row[0]: row[1:] if len(names) > 1 else row[1] for row in rows}


def of_each_kind():
    add(VERIFIED, "Ann@shop.example", is_verified=True)
    add(PLAIN, "bob@\uff33hop.example")
    add(GONE, "Eve@shop.example", is_active=False, deactivated_at=CHANGED, is_verified=True)
    add(ERASED, f"{ERASED}@erased.invalid", is_active=False, deactivated_at=CHANGED)


def everything():
    """Return what the schema consists of: columns, indexes and constraints."""
    return (
        run(
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = 'migrated' AND table_name <> 'django_migrations' ORDER BY 1, 2"
        ),
        run("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'migrated' ORDER BY 1"),
        run(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'migrated'::regnamespace ORDER BY 1"
        ),
    )


def test_the_keys_of_addresses_come_and_go(schema):
    of_each_kind()

    migrate("0009_email_key_filled")

    assert values("email_key") == {
        VERIFIED: "ann@shop.example",
        PLAIN: "bob@shop.example",
        GONE: "eve@shop.example",
        ERASED: None,
    }
    assert values("updated_at") == dict.fromkeys((VERIFIED, PLAIN, GONE, ERASED), CHANGED)
    migrate("0008_password_resets")
    assert values("email_key") == dict.fromkeys((VERIFIED, PLAIN, GONE, ERASED))
    migrate("0009_email_key_filled")
    assert values("email_key")[VERIFIED] == "ann@shop.example"


def test_keys_are_filled_in_batches_and_what_was_filled_before_stays(schema):
    migrate("0008_password_resets")
    run(
        "INSERT INTO users (id, email, username, password, user_type, is_active, is_verified, is_staff, epoch, bio,"
        " avatar_url, location, created_at, updated_at) SELECT lpad(to_hex(n), 32, '0')::uuid,"
        " 'Person' || n || '@shop.example', '', '!', 'regular', true, n %% 2 = 0, false, 0, '', '', '', now(), %s"
        " FROM generate_series(1, 2500) n",
        CHANGED,
    )
    run("UPDATE users SET email_key = 'kept' WHERE id = %s", UUID(int=7))

    migrate("0013_verified_at_filled")

    assert run("SELECT count(*) FROM users WHERE email_key = lower(email)") == [(2499,)]
    assert values("email_key")[UUID(int=7)] == "kept"
    assert run("SELECT is_verified, verified_at, count(*) FROM users GROUP BY 1, 2 ORDER BY 1") == [
        (False, None, 1250),
        (True, CHANGED, 1250),
    ]


def test_accounts_that_share_an_address_are_named_by_id_and_nothing_is_tightened(schema):
    add(VERIFIED, "ann@shop.example")
    add(PLAIN, "ann@\uff53hop.example")
    add(GONE, "eve@shop.example", is_active=False, deactivated_at=CHANGED)

    with pytest.raises(Exception, match="have the same address") as caught:
        migrate("0010_email_key_unique")

    assert type(caught.value).__name__ == "SharedAddress"
    assert f"{VERIFIED} and {PLAIN}" in str(caught.value)
    assert "shop" not in str(caught.value)
    assert str(GONE) not in str(caught.value)
    assert "users_email_key_unique" not in dict(everything()[1])
    run("UPDATE users SET email = 'bob@shop.example', email_key = 'bob@shop.example' WHERE id = %s", PLAIN)
    migrate("0010_email_key_unique")
    assert "users_email_key_unique" in dict(everything()[1])


def test_the_key_decides_and_the_older_rule_goes_last(schema):
    of_each_kind()
    migrate("0011_email_key_required")
    assert {"users_email_unique", "users_email_key_unique"} <= set(dict(everything()[1]))

    with pytest.raises(IntegrityError, match="users_email_key_unique"), transaction.atomic():
        run("UPDATE users SET email_key = 'ann@shop.example' WHERE id = %s", PLAIN)
    with pytest.raises(IntegrityError, match="users_active_has_email_key"), transaction.atomic():
        run("UPDATE users SET email_key = NULL WHERE id = %s", PLAIN)
    assert "NOT VALID" in dict(everything()[2])["users_active_has_email_key"]

    migrate("0016_email_unique_dropped")
    assert "NOT VALID" not in str(everything()[2])
    assert "users_email_unique" not in dict(everything()[1])


def test_an_interrupted_index_is_built_again(schema):
    add(VERIFIED, "ann@shop.example")
    migrate("0009_email_key_filled")
    run("CREATE INDEX users_email_key_unique ON users (epoch)")

    migrate("0010_email_key_unique")

    assert dict(everything()[1])["users_email_key_unique"].endswith("(email_key)")


def test_verified_becomes_a_time_and_a_yes_again(schema):
    of_each_kind()

    migrate(LAST)
    assert values("verified_at") == {VERIFIED: CHANGED, PLAIN: None, GONE: CHANGED, ERASED: None}
    with pytest.raises(DatabaseError, match="is_verified"), transaction.atomic():
        values("is_verified")
    later = datetime(2026, 4, 1, tzinfo=UTC)
    run("UPDATE users SET verified_at = %s WHERE id = %s", later, PLAIN)
    run("UPDATE users SET verified_at = NULL WHERE id = %s", GONE)

    migrate("0012_email_key_validated")
    assert values("is_verified") == {VERIFIED: True, PLAIN: True, GONE: False, ERASED: False}
    migrate(LAST)
    assert values("verified_at") == {VERIFIED: CHANGED, PLAIN: later, GONE: None, ERASED: None}


def test_going_back_believes_the_time_and_not_the_column_that_nobody_wrote(schema):
    of_each_kind()
    migrate("0017_is_verified_forgotten")
    run("UPDATE users SET verified_at = NULL WHERE id = %s", GONE)

    migrate("0012_email_key_validated")

    assert values("is_verified") == {VERIFIED: True, PLAIN: False, GONE: False, ERASED: False}


def test_code_that_knows_no_is_verified_writes_rows_while_the_column_is_still_there(schema):
    migrate("0017_is_verified_forgotten")
    run(
        "INSERT INTO users (id, email, email_key, username, password, user_type, is_active, is_staff, epoch, bio,"
        " avatar_url, location, created_at, updated_at) VALUES (%s, 'a@b.example', 'a@b.example', '', '!', 'regular',"
        " true, false, 0, '', '', '', now(), now())",
        PLAIN,
    )

    assert values("is_verified") == {PLAIN: False}


def test_premium_accounts_without_a_number_are_named_and_nothing_is_tightened(schema):
    add(VERIFIED, "ann@shop.example", user_type="premium")
    add(GONE, "eve@shop.example", user_type="premium", is_active=False, deactivated_at=CHANGED)

    with pytest.raises(Exception, match="have no phone number") as caught:
        migrate(LAST)

    assert type(caught.value).__name__ == "PremiumWithoutPhone"
    assert str(caught.value).endswith(f": {VERIFIED}")
    assert "users_premium_has_phone" not in dict(everything()[2])
    run("UPDATE users SET phone_number = 'sealed', phone_index = 'index' WHERE id = %s", VERIFIED)
    migrate(LAST)
    with pytest.raises(IntegrityError, match="users_premium_has_phone"), transaction.atomic():
        run("UPDATE users SET phone_number = NULL, phone_index = NULL WHERE id = %s", VERIFIED)


def test_all_the_way_back_the_schema_is_what_it_was(schema):
    of_each_kind()
    before, rows = everything(), values("email", "is_active", "is_verified", "updated_at")
    migrate(LAST)
    after = everything()

    migrate(FIRST)

    columns = [(table, name, kind, nullable) for table, name, kind, nullable, _ in everything()[0]]
    assert columns == [(table, name, kind, nullable) for table, name, kind, nullable, _ in before[0]]
    assert everything()[1:] == before[1:]
    assert values("email", "is_active", "is_verified", "updated_at") == rows
    migrate(LAST)
    assert everything() == after


def test_what_the_migrations_make_is_what_the_models_say(schema):
    """No constraint of the model is missing or unproved."""
    from users.models import User

    migrate(LAST)

    constraints = dict(everything()[2])
    names = {each.name for each in User._meta.constraints}
    assert names <= set(constraints)
    assert not any("NOT VALID" in text for text in constraints.values())
    invalid = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
    assert run(f"{invalid} AND c.relnamespace = 'migrated'::regnamespace") == [(0,)]
