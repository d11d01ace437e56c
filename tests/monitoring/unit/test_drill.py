"""What a drill notes of alerts that come and go, and how it ends."""

import pytest

from tools.monitoring import drill

PENDING, FIRING, SENT = (("BrokerDown", "rabbitmq", kind) for kind in ("pending", "firing", "sent"))


@pytest.fixture
def noted():
    """A journal whose clock is set by hand, and its lines."""
    lines, now = [], [0.0]
    journal = drill.Journal(clock=lambda: now[0], told=lines.append)

    def at(seconds, *states):
        now[0] = seconds
        journal.take(frozenset(states))

    return journal, at, lines


def test_each_step_of_an_alert_is_told_once(noted):
    _, at, lines = noted

    at(15, PENDING)
    at(16, PENDING)
    at(75, FIRING)
    at(76, FIRING, SENT)
    at(140)

    assert lines == [
        "   15.0 s  BrokerDown rabbitmq begins (pending)\n",
        "   75.0 s  BrokerDown rabbitmq fires\n",
        "   76.0 s  BrokerDown rabbitmq is in Alertmanager\n",
        "  140.0 s  BrokerDown rabbitmq is over in Alertmanager\n",
    ]


def test_an_alert_that_came_and_went_is_a_success_with_its_times(noted):
    journal, at, lines = noted
    at(75, FIRING)
    at(76, FIRING, SENT)
    at(140)

    assert drill.conclude(journal=journal, expected="BrokerDown", back=130) is True
    assert lines[-1].endswith("BrokerDown: detected after 75 s, told after 76 s, over 10 s after the end\n")
    assert journal.quiet()


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([], "did not fire"),
        ([PENDING], "did not fire"),
        ([FIRING], "did not fire"),
        ([FIRING, SENT], "fires for ever"),
    ],
)
def test_an_alert_that_did_not_come_or_does_not_go_is_a_failure(noted, states, told):
    journal, at, lines = noted
    at(100, *states)

    assert drill.conclude(journal=journal, expected="BrokerDown", back=130) is False
    assert told in lines[-1]


def test_another_alert_is_not_taken_for_the_expected_one(noted):
    journal, at, _ = noted
    at(75, ("OutboxOld", "orders", "firing"), ("OutboxOld", "orders", "sent"))
    at(140)

    assert drill.conclude(journal=journal, expected="BrokerDown", back=130) is False


def test_what_is_expected_of_a_part_is_an_alert_of_the_rules(alerts):
    assert set(drill.EXPECTED.values()) <= {alert.name for alert in alerts.alerts}
