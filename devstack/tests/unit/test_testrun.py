"""What each suite is told about the stores."""

import pytest

from devstack import config, stack, suites, testrun

SUITES = {suite.name: suite for suite in suites.ALL}


@pytest.fixture
def stores(tmp_path):
    """A stack in a new directory; nothing of it runs."""
    return stack.open_stack(config=config.Config(run_dir=tmp_path / "run", cache_dir=tmp_path / "cache"))


def test_a_django_suite_has_a_database_of_its_own(stores):
    told = testrun.environment_of(suite=SUITES["orders"], stores=stores)

    assert told["DATABASE_URL"] == stores.database_url(name="orders")
    assert told["DJANGO_SETTINGS_MODULE"] == "orders.settings"


def test_a_suite_of_whole_services_is_told_the_server_and_no_settings(stores, monkeypatch):
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    told = testrun.environment_of(suite=SUITES["saga"], stores=stores)

    assert told["DATABASE_SERVER_URL"] == stores.database_server_url
    assert told["SECRET_KEY"] == stores.passwords["secret_key"]
    assert "DJANGO_SETTINGS_MODULE" not in told


def test_a_suite_without_stores_is_told_nothing_of_them(stores, monkeypatch):
    monkeypatch.delenv("DATABASE_SERVER_URL", raising=False)

    assert "DATABASE_SERVER_URL" not in testrun.environment_of(suite=SUITES["gateway"], stores=stores)


def test_no_two_suites_share_a_cache(stores):
    caches = [
        testrun.environment_of(suite=suite, stores=stores)["CACHE_URL"] for suite in suites.ALL if suite.needs_stores
    ]

    assert len(set(caches)) == len(caches)
