"""What each suite is told about the stores, and what runs beside what."""

import threading

import pytest

from devstack import config, stack, suites, tally, testrun

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


@pytest.fixture
def run_all(monkeypatch, tmp_path):
    """Run suites that only pretend to, each until all that may have begun; returns the names told, threads by suite."""

    def run(*wanted, at_once):
        met, threads = threading.Barrier(at_once), {}

        def pretend(*, suite, **_):
            threads[suite.name] = threading.get_ident()
            if suite.name != "later":
                met.wait(timeout=60)
            return tally.Tally(suite=suite.name, passed=1)

        monkeypatch.setattr(testrun, "_one", pretend)
        told = testrun._all(selected=wanted, stores=None, expression="", directory=tmp_path)
        return [each.suite for each in told], threads

    return run


def suite(name: str, *, whole: bool = False) -> suites.Suite:
    return suites.Suite(name=name, path=name, whole=whole)


def test_two_suites_run_beside_one_that_starts_whole_systems(run_all):
    told, threads = run_all(suite("e2e", whole=True), suite("users"), suite("orders"), at_once=3)

    assert told == ["e2e", "users", "orders"]
    assert len(set(threads.values())) == 3


def test_two_whole_systems_never_run_at_once(run_all):
    told, threads = run_all(suite("e2e", whole=True), suite("later", whole=True), suite("users"), at_once=2)

    assert told == ["e2e", "later", "users"]
    assert threads["later"] == threads["e2e"]
