"""RabbitMQ from unpacked packages."""

import amqp
import kombu
import pytest

from devstack import ephemeral, suites


@pytest.fixture(scope="module")
def broker():
    """The address of a running RabbitMQ, virtual host /."""
    with ephemeral.stores(names=["rabbitmq"]) as stack:
        yield stack.broker_url


def test_a_quorum_queue_keeps_what_is_confirmed(broker):
    options = {"confirm_publish": True}
    with kombu.Connection(broker, transport_options=options) as connection, connection.channel() as channel:
        queue = kombu.Queue("proof", durable=True, queue_arguments={"x-queue-type": "quorum"})(channel)
        queue.declare()
        kombu.Producer(channel).publish({"n": 1}, routing_key="proof", delivery_mode=2, mandatory=True)
        message = queue.get()
        message.ack()
        queue.delete()

    assert message.payload == {"n": 1}


@pytest.mark.parametrize("suite", [suite.name for suite in suites.ALL if suite.settings])
def test_every_suite_has_a_virtual_host_of_its_own(broker, suite):
    with kombu.Connection(broker.removesuffix("/") + suite, connect_timeout=5) as connection:
        connection.connect()

        assert connection.virtual_host == suite


def test_a_wrong_password_is_refused(broker):
    account, _, address = broker.partition("@")
    wrong = f"{account[:-4]}nope@{address}"

    with kombu.Connection(wrong, connect_timeout=5) as connection, pytest.raises(amqp.AccessRefused):
        connection.connect()
