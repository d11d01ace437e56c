"""What watches the system sees it: every panel of every dashboard has something to show, and the status page too.

The other tests have made the load when this one runs with them; alone it makes what it needs, and waits for the rules
that are evaluated every two minutes.
"""

import math
import time
import uuid

import pytest
from shop import eventually

from devstack import config
from tools.monitoring import asking, live

INTERVAL = "15m"  # a panel shows what happened while the tests ran
SECONDS = 400.0


@pytest.fixture
def prometheus(system):
    return live.Prometheus(url=f"http://127.0.0.1:{system.port('prometheus')}")


@pytest.fixture
def load(shop, shopper, product):
    """One of everything: an order that is completed, one that is not, a call of the old version, reads."""
    customer, cup = shopper("10.00"), product("2.00", 5)
    assert customer.order((cup, 1))["status"] == "completed"
    assert customer.order((cup, 9))["status"] == "cancelled"
    assert shop.http.get("/api/v1/products/").status_code == 200
    return customer


def backup(system, folder):
    """What the panel of backups waits for."""
    system.manage("catalog", "backup_data", "--output-dir", str(folder))


def defect(system, customer):
    """What the panel of server errors waits for: a database that is away while somebody asks."""
    system.stop("postgres")
    try:
        assert eventually(lambda: customer.call("GET", "wallet/").status_code >= 500)
    finally:
        system.start("postgres")
    eventually(lambda: customer.call("GET", "wallet/").status_code == 200, 120)


def shown(prometheus, question):
    """Return whether a panel's question has an answer that can be drawn."""
    return any(math.isfinite(float(each["value"][1])) for each in prometheus.now(question.expression))


def test_every_panel_shows_something(system, prometheus, load, tmp_path):
    backup(system, tmp_path)
    defect(system, load)
    silent = list(asking.every(root=config.ROOT, interval=INTERVAL))
    assert len(silent) > 50

    deadline = time.monotonic() + SECONDS
    while silent and time.monotonic() < deadline:
        silent = [question for question in silent if not shown(prometheus, question)]
        time.sleep(2 if silent else 0)

    assert sorted({question.where for question in silent}) == []


def test_a_panel_without_its_metric_would_be_found(prometheus):
    question = asking.Question(page="a", panel="b", expression="plaza_nobody_exports_this", legend="")

    assert not shown(prometheus, question)


def test_a_stopped_relay_is_seen_by_its_panels(system, prometheus, load):
    panels = {question.where: question for question in asking.every(root=config.ROOT, interval=INTERVAL)}

    def value(where, **labels):
        """Return the panel's number for these labels."""
        found = [
            float(each["value"][1])
            for each in prometheus.now(panels[where].expression)
            if labels.items() <= each["metric"].items()
        ]
        return found[0] if found else None

    system.stop("orders.relay")
    try:
        assert eventually(lambda: value("runtime: Can be scraped", job="orders", process="relay") == 0)
        age = "runtime: Age of the last sign of progress"
        assert eventually(lambda: (value(age, service="orders", process="relay") or 0) > 10)
    finally:
        system.start("orders.relay")
    assert eventually(lambda: value("runtime: Can be scraped", job="orders", process="relay") == 1)


def test_the_status_page_shows_the_system_through_the_gateway(system, shop):
    page = shop.http.get("/status/")

    assert page.status_code == 200
    assert "do not answer" not in page.text
    assert "<b>?</b>" not in page.text
    assert all(f"<td>{service}</td>" in page.text for service in config.SERVICES)
    runbook = shop.http.get("/status/runbooks/RelayStopped.md")
    assert "# RelayStopped" in runbook.text


def test_an_alert_goes_through_alertmanager_onto_the_status_page(system, shop):
    name = f"Rehearsal{uuid.uuid4().hex}"
    live.post(
        f"http://127.0.0.1:{system.port('alertmanager')}/api/v2/alerts",
        [{"labels": {"alertname": name, "service": "orders", "severity": "page"}, "annotations": {"summary": "Test"}}],
    )

    told = eventually(lambda: name in shop.http.get("/status/").text and shop.http.get("/status/").text)

    assert f"<b>{name}</b> orders" in told
    assert eventually(lambda: f"page {name} orders fires since" in system.log("status"))
