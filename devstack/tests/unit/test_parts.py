"""What the parts write and run, without running them."""

import base64
import hashlib
import importlib.util

import pytest

from devstack import config, errors, order, part, stack
from devstack.parts import alertmanager, catalogue, postgres, prometheus, rabbitmq, service

SERVERS = {
    "DATABASE_URL": "postgresql://me@db.example",
    "BROKER_URL": "amqp://mq.example//",
    "CACHE_URL": "redis://c.example",
}


@pytest.fixture
def opened(tmp_path):
    """A stack in a new directory."""
    return stack.open_stack(config=config.Config(run_dir=tmp_path / "run", cache_dir=tmp_path / "cache"))


@pytest.fixture
def given(tmp_path):
    """A stack with all servers given."""
    return stack.open_stack(config=config.Config(run_dir=tmp_path, cache_dir=tmp_path, given_servers=SERVERS))


def needs(parts: list[part.Part]) -> dict[str, tuple[str, ...]]:
    return {each.name: each.needs for each in parts}


def test_the_whole_system_starts_in_six_waves(opened):
    waves = order.waves(needs=needs(catalogue.system(stack=opened)))

    assert waves[0] == ["alertmanager", "postgres", "rabbitmq", "status", "valkey"]
    assert waves[1] == ["databases"]
    assert waves[2] == ["catalog.migrate", "orders.migrate", "users.migrate"]
    assert waves[3] == sorted(
        f"{name}.{process}" for name in config.SERVICES for process in ("web", "worker", "relay", "beat")
    )
    assert waves[4:] == [["gateway"], ["prometheus"]]


def test_no_process_of_any_service_starts_before_all_three_have_migrated(opened):
    wanted = {f"{name}.migrate" for name in config.SERVICES}

    for name, required in needs(catalogue.system(stack=opened)).items():
        if name.partition(".")[2] in config.PROCESSES:
            assert set(required) == wanted


def test_given_servers_leave_only_what_they_do_not_replace(given):
    parts = catalogue.system(stack=given)

    assert {"postgres", "rabbitmq", "valkey"}.isdisjoint(part.name for part in parts)
    assert order.waves(needs=needs(parts))[0] == ["alertmanager", "databases", "status"]


def test_things_stop_before_what_they_use(opened):
    ranks = {part.name: part.stop_rank for part in catalogue.system(stack=opened)}

    story = ["gateway", "orders.beat", "orders.relay", "orders.worker", "orders.web", "prometheus", "postgres"]
    assert [ranks[name] for name in story] == sorted({ranks[name] for name in story})
    assert ranks["rabbitmq"] == ranks["valkey"] == ranks["postgres"]


def test_a_service_gets_its_own_database_and_every_process_its_own_management_port(opened):
    web, worker = (
        part for part in service.build(stack=opened, service="orders") if part.name in {"orders.web", "orders.worker"}
    )

    assert web.environment["DATABASE_URL"] == opened.role_url(name="orders", role="orders")
    assert web.environment["BROKER_URL"] == opened.service_broker_url(service="orders")
    assert web.environment["WEB_BIND"] == opened.address(name="orders.web")
    assert web.environment["WEB_WAITING"] == "200"
    assert web.environment["MANAGEMENT_BIND"] == opened.address(name="orders.web.management")
    assert worker.environment["MANAGEMENT_BIND"] == opened.address(name="orders.worker.management")
    assert "WEB_BIND" not in worker.environment
    assert worker.command[1:] == ("-m", "shared.launch", "worker")
    assert worker.environment["SERVICE"] == "orders"


def test_only_the_migrations_get_the_owner_and_nobody_who_serves_gets_every_right(opened):
    for each in (one for name in config.SERVICES for one in service.build(stack=opened, service=name)):
        name, _, process = each.name.partition(".")
        role = f"{name}_owner" if process == "migrate" else name
        assert each.environment["DATABASE_URL"].startswith(f"postgresql://{role}:{opened.passwords[role]}@")
        assert each.environment["BROKER_URL"].startswith(f"amqp://{name}:")
        for password in (opened.passwords["postgres"], opened.passwords["rabbitmq"]):
            assert password not in " ".join(each.environment.values())


def test_on_given_servers_everybody_is_who_was_given(given):
    for each in service.build(stack=given, service="orders"):
        assert each.environment["DATABASE_URL"] == "postgresql://me@db.example/orders"
        assert each.environment["BROKER_URL"] == "amqp://mq.example//"
    assert "PSQL" not in postgres.databases(stack=given).environment


def test_no_password_stands_in_a_command_line(opened):
    for each in catalogue.system(stack=opened):
        for password in opened.passwords.values():
            assert password not in " ".join(each.command)


def test_everything_listens_on_loopback_only(opened):
    commands = {part.name: " ".join(part.command) for part in catalogue.system(stack=opened)}

    assert "listen_addresses=127.0.0.1" in commands["postgres"]
    assert "unix_socket_directories= " in commands["postgres"]
    assert "--web.listen-address=127.0.0.1:" in commands["prometheus"]
    assert "--web.listen-address=127.0.0.1:" in commands["alertmanager"]
    assert "--cluster.listen-address= " in commands["alertmanager"]
    assert "-address 127.0.0.1" in commands["rabbitmq"]
    assert "0.0.0.0" not in " ".join(commands.values())


def test_prometheus_scrapes_every_process_the_gateway_and_the_broker(opened):
    jobs = prometheus.configuration(stack=opened)["scrape_configs"]

    assert [job["job_name"] for job in jobs] == ["users", "catalog", "orders", "gateway", "rabbitmq"]
    assert [target["labels"]["process"] for target in jobs[0]["static_configs"]] == ["web", "worker", "relay", "beat"]
    assert jobs[3]["static_configs"][0]["targets"] == [opened.address(name="gateway.admin")]
    assert jobs[3]["metrics_path"] == "/stats/prometheus"


def test_alerts_go_from_prometheus_over_alertmanager_to_the_status_page(opened):
    sent = prometheus.configuration(stack=opened)["alerting"]["alertmanagers"]
    told = alertmanager.configuration(stack=opened)

    assert sent == [{"static_configs": [{"targets": [opened.address(name="alertmanager")]}]}]
    assert told["receivers"] == [
        {
            "name": told["route"]["receiver"],
            "webhook_configs": [{"url": f"http://{opened.address(name='status')}/notifications"}],
        }
    ]


def test_a_stack_for_tests_is_not_watched(tmp_path):
    unwatched = stack.open_stack(config=config.Config(run_dir=tmp_path, cache_dir=tmp_path, watched=False))

    names = {part.name for part in catalogue.system(stack=unwatched)}

    assert {"prometheus", "alertmanager", "status"}.isdisjoint(names)
    assert config.temporary(environ={}).watched is False


def test_a_given_broker_is_not_scraped(given):
    jobs = prometheus.configuration(stack=given)["scrape_configs"]

    assert "rabbitmq" not in [job["job_name"] for job in jobs]


def test_the_broker_password_is_stored_salted_and_hashed(opened):
    (account,) = (one for one in rabbitmq.definitions(stack=opened)["users"] if one["name"] == "plaza")
    stored = base64.b64decode(account["password_hash"])

    assert stored[4:] == hashlib.sha256(stored[:4] + opened.passwords["rabbitmq"].encode()).digest()
    assert account not in rabbitmq.definitions(stack=opened)["users"]


def test_a_missing_wheel_is_a_clear_error(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(errors.DevstackError) as caught:
        postgres.binaries()

    assert caught.value.what == "PostgreSQL is not installed"
    assert "DATABASE_URL" in caught.value.remedy


def test_a_machine_without_apt_is_a_clear_error(monkeypatch, opened, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(errors.DevstackError) as caught:
        rabbitmq.prepare(stack=opened)

    assert caught.value.what == "cannot download packages: apt-get, apt-cache, dpkg not found"
    assert "BROKER_URL" in caught.value.remedy
