"""The accounts that a deployment makes in PostgreSQL and RabbitMQ can do what they must, and nothing else."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys

import psycopg
import pytest
from amqp import Message
from amqp.exceptions import AccessRefused
from kombu import Connection, Exchange, Queue

from devstack import config, ephemeral, stack
from devstack.parts import postgres, rabbitmq
from tools import secrets

SERVICES = ("users", "catalog", "orders")
EVENTS = Exchange("plaza.events", type="topic", durable=True)


@pytest.fixture(scope="module")
def known():
    return secrets.passwords()


@pytest.fixture(scope="module")
def database(known):
    """A PostgreSQL on which k8s/backing/postgres.sql was run; gives the address of a database for a role."""
    with ephemeral.stores(names=["postgres"]) as stores:
        for name in SERVICES:  # the stack's own databases make way
            with psycopg.connect(stores.maintenance_url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name}")
        command = [str(postgres.binaries() / "psql"), "-v", "ON_ERROR_STOP=1", "-q", stores.maintenance_url]
        script = config.ROOT / "k8s" / "backing" / "postgres.sql"
        done = subprocess.run(
            [*command, "-f", str(script)], env={**os.environ, **known}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

        def address(role, name):
            variable = f"{role.removesuffix('_owner').upper()}{'_OWNER' if role.endswith('_owner') else ''}_PASSWORD"
            return f"postgresql://{role}:{known[variable]}@{stores.address(name='postgres')}/{name}"

        yield address


@pytest.fixture(scope="module")
def broker(known, tmp_path_factory):
    """A RabbitMQ with the accounts of a deployment and the services' queues; gives the address for a service."""
    run_dir = tmp_path_factory.mktemp("broker")
    settings = config.from_environment(environ=os.environ)
    opened = stack.open_stack(config=dataclasses.replace(settings, run_dir=run_dir, durable=False, given_servers={}))
    built = rabbitmq.build(stack=opened)

    def prepare():
        rabbitmq.prepare(stack=opened)
        accounts = run_dir / "rabbitmq" / "definitions.json"
        accounts.write_text(json.dumps(secrets.definitions(known=known)))

    def address(service):
        password = known[f"{service.upper()}_BROKER_PASSWORD"]
        return f"amqp://{service}:{password}@{opened.address(name='rabbitmq')}//"

    parts = [dataclasses.replace(built, prepare=prepare)]
    with ephemeral.supervised(parts=parts, run_dir=run_dir):
        for service in SERVICES:
            _declare(service, address(service), known)
        yield address


def _declare(service, url, known):
    """Let the service itself make its exchange, queues and bindings, as its account."""
    environment = secrets.environment(service=service, known=known) | {"BROKER_URL": url}
    done = subprocess.run(
        [sys.executable, "manage.py", "declare_queues"],
        cwd=config.ROOT / "services" / service,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": f"{service}.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def channel(url):
    with Connection(url, connect_timeout=5) as connection:
        yield connection.channel()


def publish(opened, *, key, exchange="plaza.events"):
    """Publish and wait for the broker's word."""
    opened.confirm_select()
    opened.basic_publish_confirm(Message(b"{}"), exchange=exchange, routing_key=key)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_publishes_its_own_events_and_ticks(broker, service):
    with channel(broker(service)) as opened:
        for key in (f"{service}.something.v1", f"{service}.tick", f"{service}.retry"):
            publish(opened, key=key)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_its_own_queues(broker, service):
    with channel(broker(service)) as opened:
        for name in (f"{service}.events", f"{service}.dead"):
            opened.basic_get(name)


@pytest.mark.parametrize(
    ("what", "refused"),
    [
        ("publish another one's event", lambda opened: publish(opened, key="orders.order_completed.v1")),
        ("pass the exchange by", lambda opened: publish(opened, key="orders.events", exchange="")),
        ("read another one's queue", lambda opened: opened.basic_get("orders.events")),
        ("read another one's dead letters", lambda opened: opened.basic_get("orders.dead")),
        ("empty another one's queue", lambda opened: opened.queue_purge("orders.events")),
        ("delete another one's queue", lambda opened: opened.queue_delete("orders.events")),
        ("make a queue of its own choice", lambda opened: Queue("spy", channel=opened, durable=True).declare()),
        ("take part in remote control", lambda opened: Exchange("celery.pidbox", "fanout", channel=opened).declare()),
    ],
)
def test_whatever_else_a_service_tries_is_refused(broker, what, refused):
    with channel(broker("users")) as opened, pytest.raises(AccessRefused):
        refused(opened)


@pytest.mark.parametrize("service", SERVICES)
def test_the_owner_makes_tables_and_the_service_uses_them(database, service):
    with psycopg.connect(database(f"{service}_owner", service)) as owner:
        owner.execute("CREATE TABLE thing (id bigint GENERATED BY DEFAULT AS IDENTITY, name text)")
        owner.execute("CREATE TABLE old (id bigserial)")

    with psycopg.connect(database(service, service)) as own:
        own.execute("INSERT INTO thing (name) VALUES ('x'); INSERT INTO old DEFAULT VALUES")
        own.execute("UPDATE thing SET name = 'y'")
        assert own.execute("DELETE FROM thing RETURNING name").fetchall() == [("y",)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (id int)",
        "DROP TABLE django_migrations",
        "ALTER TABLE django_migrations ADD COLUMN x int",
        "TRUNCATE django_migrations",
        "CREATE SCHEMA other",
    ],
)
def test_a_service_changes_no_schema(database, statement):
    with psycopg.connect(database("orders_owner", "orders"), autocommit=True) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS django_migrations (id int)")

    with psycopg.connect(database("orders", "orders")) as own, pytest.raises(psycopg.errors.InsufficientPrivilege):
        own.execute(statement)


def test_a_service_cannot_enter_another_ones_database(database):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database("users", "orders"))
