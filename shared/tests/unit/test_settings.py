"""All wrong variables are reported at once, by name and without their values."""

import pytest

from shared.settings import environment
from shared.settings.database import databases
from shared.settings.environment import Environment, WrongSettings, load

GOOD = {
    "DATABASE_URL": "postgresql://me:p%40ss@db.example:5433/users",
    "BROKER_URL": "amqp://me:secret@mq.example//",
    "CACHE_URL": "redis://cache.example/0",
    "SECRET_KEY": "s" * 50,
}


@pytest.fixture
def given(monkeypatch):
    before = environment._current
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def give(**changes):
        for name, value in {**GOOD, **changes}.items():
            if value is not None:
                monkeypatch.setenv(name, value)

    yield give
    environment._current = before


def test_every_wrong_variable_is_named_and_no_value_is_shown(given):
    given(DATABASE_URL="mysql://hunter2@x/y", BROKER_URL=None, SECRET_KEY="hunter2", DEBUG="maybe")

    with pytest.raises(WrongSettings) as caught:
        load(Environment)

    lines = str(caught.value).splitlines()
    assert [line.strip().partition(":")[0] for line in lines[1:]] == [
        "DATABASE_URL",
        "BROKER_URL",
        "SECRET_KEY",
        "DEBUG",
    ]
    assert "hunter2" not in str(caught.value)


def test_a_service_adds_variables_of_its_own(given):
    class Own(Environment):
        order_timeout: int

    given(ORDER_TIMEOUT="soon", BROKER_URL="nonsense")
    with pytest.raises(WrongSettings, match=r"(?s)BROKER_URL.*ORDER_TIMEOUT"):
        load(Own)

    given(ORDER_TIMEOUT="5")
    assert load(Own).order_timeout == 5
    assert environment.current().token_issuer == "plaza"


def test_hosts_are_a_list_with_commas(given):
    given(ALLOWED_HOSTS="a.example, b.example,")

    assert load(Environment).allowed_hosts == ["a.example", "b.example"]


def test_rates_and_origins_are_checked_by_name(given):
    given(RATE_ANONYMOUS="many", RATE_USER="0/h", CORS_ORIGINS="https://shop.example,https://shop.example/path")

    with pytest.raises(WrongSettings) as caught:
        load(Environment)

    lines = str(caught.value).splitlines()[1:]
    assert [line.strip().partition(":")[0] for line in lines] == ["CORS_ORIGINS", "RATE_ANONYMOUS", "RATE_USER"]
    assert "entry 2 is no origin" in lines[0]


@pytest.mark.parametrize("origin", ["*", "shop.example", "https://*.shop.example", "https://a@shop.example", "null"])
def test_what_is_no_origin_is_refused(given, origin):
    given(CORS_ORIGINS=origin)

    with pytest.raises(WrongSettings, match="CORS_ORIGINS"):
        load(Environment)


def test_the_guides_rates_are_the_defaults_and_they_can_be_off(given):
    given(RATE_ANONYMOUS=None, RATE_USER=None)
    found = load(Environment)
    assert (found.rate_anonymous, found.rate_user, found.cors_origins) == ("100/h", "1000/h", [])

    given(RATE_ANONYMOUS="off", RATE_USER="off", CORS_ORIGINS="https://shop.example, http://127.0.0.1:3000")
    found = load(Environment)
    assert (found.rate_anonymous, found.rate_user) == ("off", "off")
    assert found.cors_origins == ["https://shop.example", "http://127.0.0.1:3000"]


def test_a_settings_module_that_forgot_to_load_is_told(monkeypatch):
    monkeypatch.setattr(environment, "_current", None)

    with pytest.raises(RuntimeError, match="load"):
        environment.current()


def test_a_pool_and_lasting_connections_never_come_together(given):
    given()
    lasting = databases(load(Environment))["default"]
    given(DATABASE_POOL_MAX="8")
    pooled = databases(load(Environment))["default"]

    assert (lasting["CONN_MAX_AGE"], "pool" in lasting["OPTIONS"]) == (600, False)
    assert ("CONN_MAX_AGE" in pooled, pooled["OPTIONS"]["pool"]["max_size"]) == (False, 8)
    assert (lasting["NAME"], lasting["PASSWORD"], lasting["PORT"]) == ("users", "p@ss", "5433")


def test_only_the_migrate_process_refuses_unsafe_migrations_and_waits_briefly_for_locks(given):
    given()
    serving = databases(load(Environment))["default"]
    given(MIGRATE_SAFELY="true")
    migrating = databases(load(Environment))["default"]

    assert (serving["ENGINE"], migrating["ENGINE"]) == ("shared.db.postgres", "shared.db.migrating")
    assert "lock_timeout=10000" in serving["OPTIONS"]["options"]
    assert "lock_timeout=2000" in migrating["OPTIONS"]["options"]
