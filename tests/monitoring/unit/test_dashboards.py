"""Dashboards: Grafana can read them, Prometheus can answer them, and they name what exists."""

import itertools

import pytest
import yaml

from tools.monitoring import asking, names, rules, sources
from tools.monitoring.dashboards import boards


@pytest.fixture(scope="module")
def pages(root):
    found = asking.pages(root=root)
    assert list(found) == [path.stem for path in boards.files(sources.promises(root=root), sources.alerts(root=root))]
    return found


@pytest.fixture(scope="module")
def questions(root):
    return [(question.where, question.expression) for question in asking.every(root=root, interval="5m")]


def test_pages_can_be_imported(pages):
    for name, page in pages.items():
        assert page["uid"] == f"plaza-{name}"
        assert page["schemaVersion"] >= 39
        assert [each["name"] for each in page["templating"]["list"]] == ["datasource", "service"]
        ids = [panel["id"] for panel in page["panels"]]
        assert ids == list(range(1, len(ids) + 1))
        for panel in asking.pictures(page):
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None


def test_panels_lie_side_by_side_and_never_over_each_other(pages):
    for name, page in pages.items():
        for one, other in itertools.combinations([panel["gridPos"] for panel in page["panels"]], 2):
            apart = (
                one["x"] + one["w"] <= other["x"]
                or other["x"] + other["w"] <= one["x"]
                or one["y"] + one["h"] <= other["y"]
                or other["y"] + other["h"] <= one["y"]
            )
            assert apart, name
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in page["panels"])


def test_every_expression_is_promql(tmp_path, questions, prometheus_says):
    listed = [
        {"record": "panel:line", "expr": expr, "labels": {"panel": where, "number": str(number)}}
        for number, (where, expr) in enumerate(questions)
    ]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": listed}]}))

    code, said = prometheus_says("check", "rules", "rules.yaml", cwd=tmp_path)

    assert code == 0, said
    assert f"{len(listed)} rules found" in said


def test_a_wrong_expression_would_be_found(tmp_path, prometheus_says):
    wrong = {"groups": [{"name": "panels", "rules": [{"record": "panel:line", "expr": "sum by (rate(up[5m]))"}]}]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(wrong))

    code, said = prometheus_says("check", "rules", "rules.yaml", cwd=tmp_path)

    assert code == 1
    assert "parse error" in said


def test_every_metric_and_label_exists(questions):
    for where, expr in questions:
        assert names.named(expr), where
        assert names.named(expr) <= names.known(), where
        for metric, labels in names.labels_of_ours(expr).items():
            assert labels <= names.ours()[metric] | {"service", "process"}, where


def test_metrics_are_told_from_labels_functions_and_numbers():
    text = 'sum by (service) (rate(plaza_orders_total{status="up time"}[5m])) / 2 > bool on (job) up or vector(0)'

    assert names.named(text) == {"plaza_orders_total", "up"}
    assert names.labels_of_ours(text) == {"plaza_orders_total": {"status"}}


def test_metrics_of_ours_are_all_shown_or_alerted_on(questions, root):
    shown = {name for _, expr in questions for name in names.named(expr)}
    alerted = {
        name
        for path in (root / rules.RULES).glob("*.yaml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        for name in names.named(rule["expr"])
    }
    bare = {name.removesuffix("_sum").removesuffix("_bucket").removesuffix("_count") for name in names.ours()}
    used = {name.removesuffix("_bucket").removesuffix("_count") for name in shown | alerted}

    assert bare - used == {"plaza_users"}  # of interest to the business, not to who is on call


def test_links_lead_to_runbooks(pages, promises, alerts):
    for name, page in pages.items():
        links = [link["url"] for panel in asking.pictures(page) for link in panel["links"]]
        assert links, name
        assert set(links) <= {f"{alerts.runbooks}{each}.md" for each in rules.names(promises, alerts)}
