"""What the status page says, from facts that are given."""

import dataclasses
import re

import pytest

from devstack.statuspage import facts, page, server

READY = {"status": "ready", "pid": 1, "version": "2.42.0+ds-5+deb12u1", "restarts": 0, "last_exit": "", "note": ""}
ALERT = {
    "labels": {"alertname": "OutboxOld", "service": "orders", "severity": "page"},
    "annotations": {"summary": "Events <stay>", "description": "Old", "runbook_url": "http://here/OutboxOld.md"},
    "startsAt": "2026-01-02T03:04:05.678+01:00",
}


@pytest.fixture
def healthy():
    return facts.Facts(
        parts={"prometheus": READY | {"started_at": 0}},
        figures={"open": 3, "stuck": 0, "oldest": 1799, "unsent": 1200, "waiting": 0.4, "retrying": 0, "dead": 0},
        services={"orders": {"rate": 1.25, "errors": 0, "unsent": 2, "dead": 0}},
        versions={"orders": "1.2.3"},
        up={("orders", "web"): 1.0, ("orders", "relay"): 0.0},
        firing=[],
        pending=[],
        silent=[],
        links={"Prometheus": "http://127.0.0.1:1/alerts"},
    )


def test_a_healthy_system_is_said_to_work(healthy):
    drawn = page.draw(facts=healthy, notes=[])

    assert page.judge(facts=healthy) == ("good", "Everything works")
    assert '<p class="verdict good" role="status">Everything works</p>' in drawn
    assert '<div class="tile "><b>1,200</b><p>events in the outbox</p></div>' in drawn
    assert '<div class="tile "><b>30 min</b><p>oldest open order</p></div>' in drawn
    assert "<td>2.42.0</td>" in drawn
    assert "<h2>Alerts</h2>" not in drawn


def test_the_worst_that_is_known_comes_first(healthy):
    unready = {"orders.web": READY | {"status": "backoff", "last_exit": "signal SIGKILL", "started_at": 0}}
    pending = [{"alertname": "RelayStopped", "service": "users"}]

    assert page.judge(facts=dataclasses.replace(healthy, firing=[ALERT], parts=unready)) == ("bad", "1 alert fires")
    assert page.judge(facts=dataclasses.replace(healthy, parts=unready, silent=["Prometheus"])) == (
        "bad",
        "Not ready: orders.web",
    )
    assert page.judge(facts=dataclasses.replace(healthy, silent=["Prometheus"], pending=pending))[0] == "poor"
    assert page.judge(facts=dataclasses.replace(healthy, pending=pending)) == ("poor", "Something begins: RelayStopped")


def test_an_alert_is_told_with_its_runbook_and_without_markup_of_its_own(healthy):
    drawn = page.draw(facts=dataclasses.replace(healthy, firing=[ALERT]), notes=["page OutboxOld <b>"])

    assert '<div class="card bad"><b>OutboxOld</b> orders<p>Events &lt;stay&gt;. Old</p>' in drawn
    assert 'since 02:04:05 UTC · <a href="http://here/OutboxOld.md">runbook</a>' in drawn
    assert "page OutboxOld &lt;b&gt;" in drawn


def test_a_runbook_without_an_address_is_no_link(healthy):
    alert = ALERT | {"annotations": {"runbook_url": "docs/runbooks/OutboxOld.md"}}

    assert "runbooks/OutboxOld" not in page.draw(facts=dataclasses.replace(healthy, firing=[alert]), notes=[])


def test_what_is_too_much_and_what_is_unknown_is_seen(healthy):
    drawn = page.draw(facts=dataclasses.replace(healthy, figures={"stuck": 1, "oldest": 1800}), notes=[])

    assert '<div class="tile bad"><b>1</b><p>orders stuck</p></div>' in drawn
    assert '<div class="tile bad"><b>30 min</b><p>oldest open order</p></div>' in drawn
    assert '<div class="tile "><b>?</b><p>dead letters</p></div>' in drawn


def test_processes_are_up_down_or_unknown(healthy):
    drawn = page.draw(facts=healthy, notes=[])

    row = drawn.partition("<td>orders</td><td>1.2.3</td>")[2].partition("</tr>")[0]
    assert re.findall(r'<td data-title="(\w+)"><span class="dot \w+">([^<]*)', row) == [
        ("web", "up"),
        ("worker", "?"),
        ("relay", "down"),
        ("beat", "?"),
    ]


def test_on_a_phone_where_the_head_is_hidden_each_value_says_what_it_is(healthy):
    drawn = page.draw(facts=healthy, notes=[])

    head = drawn.partition('<table class="services">')[2].partition("</thead>")[0]
    row = drawn.partition("<td>orders</td><td>1.2.3</td>")[2].partition("</tr>")[0]
    assert re.findall(r'data-title="([^"]*)"', row) == re.findall(r"<th[^>]*>([^<]*)</th>", head)[2:]


def test_alertmanagers_message_becomes_a_line_for_each_alert():
    over = ALERT | {"status": "resolved", "endsAt": "2026-01-02T02:05:06Z"}

    lines = list(server.notes(told={"alerts": [ALERT | {"status": "firing"}, over]}))

    assert lines == [
        "page OutboxOld orders fires since 2026-01-02 02:04:05 UTC: Events <stay>",
        "page OutboxOld orders is over since 2026-01-02 02:05:06 UTC: Events <stay>",
    ]


@pytest.mark.parametrize(
    ("value", "said"), [(None, "?"), (0.0, "0"), (0.03636, "0.036"), (7.0, "7"), (12.54, "12.5"), (12345.0, "12,345")]
)
def test_a_number_is_as_short_as_people_want_it(healthy, value, said):
    services = {name: {**values, "rate": value} for name, values in healthy.services.items()}

    drawn = page.draw(facts=dataclasses.replace(healthy, services=services), notes=[])

    assert f'data-title="requests/s">{said}</td>' in drawn
