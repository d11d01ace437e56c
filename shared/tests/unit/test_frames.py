"""The frames of events are those that amqp would write."""

import uuid
from types import SimpleNamespace

import amqp
import pytest
from amqp import spec
from amqp.method_framing import frame_writer
from amqp.serialization import dumps

from shared.events.frames import Frames, Message, headers

LARGEST = 4096


def message(size=20, key="shared.greeted.v1"):
    return Message(str(uuid.uuid4()), key, b"x" * size)


def frames():
    return Frames(channel=7, largest=LARGEST, exchange="plaza.events")


def written_by_amqp(*messages):
    """Return what amqp writes for messages."""
    written = []
    transport = SimpleNamespace(write=lambda piece: written.append(bytes(piece)))
    write = frame_writer(SimpleNamespace(frame_max=LARGEST, bytes_sent=0), transport)
    for each in messages:
        content = amqp.Message(
            each.body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=each.id,
            correlation_id=each.id,
            application_headers=headers(each.id),
        )
        arguments = dumps("Bssbb", (0, "plaza.events", each.routing_key, True, False))
        write(1, 7, spec.Basic.Publish, arguments, content)
    return b"".join(written)


@pytest.mark.parametrize("size", [0, 1, 3000, LARGEST - 8, LARGEST - 7, 3 * LARGEST])
def test_a_message_of_any_size_is_what_amqp_would_write(size):
    one = message(size)

    assert b"".join(frames().pieces([one])) == written_by_amqp(one)


def test_messages_of_several_types_follow_one_another():
    several = [message(), message(key="shared.left.v1"), message(), message(key="ä")]

    assert b"".join(frames().pieces(several)) == written_by_amqp(*several)


def test_many_messages_come_in_pieces_that_a_socket_takes():
    many = [message(10_000) for _ in range(20)]

    pieces = list(frames().pieces(many))

    assert [len(each) // 10_000 for each in pieces] == [7, 7, 6]
    assert b"".join(pieces) == written_by_amqp(*many)


def test_nothing_is_said_of_nothing():
    assert list(frames().pieces([])) == []
