"""promtool's word on the rules, and that each alert fires in its case and is silent in the healthy one."""

import shutil

import pytest
import yaml

from tools.monitoring import burn, generated, names, rules

STORIES = "tests/monitoring/promtool"


def written(root, *, name):
    return yaml.safe_load((root / STORIES / name).read_text())


def every_rule(root):
    for path in sorted((root / rules.RULES).glob("*.yaml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def test_what_is_generated_is_fresh(root):
    assert generated.stale(root=root) == []


def test_a_stale_a_missing_and_a_stray_file_are_named(root, tmp_path):
    shutil.copytree(root / "k8s" / "monitoring", tmp_path / "k8s" / "monitoring")
    shutil.copytree(root / STORIES, tmp_path / STORIES)
    alerts, stray = tmp_path / rules.RULES / "alerts.yaml", tmp_path / rules.RULES / "own.yaml"
    alerts.write_text(alerts.read_text().replace("> 60", "> 61"))
    (tmp_path / rules.RULES / "slo.yaml").unlink()
    stray.write_text("groups: []\n")

    stale = generated.stale(root=tmp_path)

    assert set(stale) == {rules.RULES / "slo.yaml", rules.RULES / "alerts.yaml", rules.RULES / "own.yaml"}


def test_promtool_accepts_the_rules(root, prometheus_says):
    code, said = prometheus_says("check", "rules", *sorted((root / rules.RULES).glob("*.yaml")))

    assert code == 0, said
    assert "SUCCESS" in said


@pytest.mark.parametrize("name", ["slo.yaml", "alerts.yaml"])
def test_alerts_fire_in_their_case_only(root, prometheus_says, name):
    code, said = prometheus_says("test", "rules", name, cwd=root / STORIES)

    assert code == 0, said


def test_a_limit_that_is_moved_is_noticed(root, tmp_path, prometheus_says):
    for folder in ("k8s/monitoring/rules", STORIES):
        shutil.copytree(root / folder, tmp_path / folder)
    moved = tmp_path / rules.RULES / "alerts.yaml"
    moved.write_text(moved.read_text().replace("plaza_inbox_retrying) > 50", "plaza_inbox_retrying) > 51"))

    code, said = prometheus_says("test", "rules", "alerts.yaml", cwd=tmp_path / STORIES)

    assert code == 1
    assert "RetriesPileUp" in said


def test_every_alert_has_a_case(root, promises, alerts):
    burning = {burn.alert_name(slo, each) for slo in promises.slos for each in burn.BURNS}
    told = {test["name"] for test in written(root, name="alerts.yaml")["tests"]}
    fired = {
        sample["labels"].partition('alertname="')[2].partition('"')[0]
        for test in written(root, name="slo.yaml")["tests"]
        for case in test["promql_expr_test"]
        for sample in case["exp_samples"]
    }

    assert {alert.name for alert in alerts.alerts} <= told
    assert fired == burning


def test_every_alert_tells_a_person_what_and_where(root, promises, alerts):
    found = [rule for rule in every_rule(root) if "alert" in rule]

    assert {rule["alert"] for rule in found} == set(rules.names(promises, alerts))
    for rule in found:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert {name for name, text in rule["annotations"].items() if text} == {"summary", "description", "runbook_url"}
        assert rule["annotations"]["runbook_url"] == f"{alerts.runbooks}{rule['alert']}.md"


def test_rules_name_metrics_and_labels_that_exist(root):
    for rule in every_rule(root):
        assert names.named(rule["expr"]), rule["expr"]
        assert names.named(rule["expr"]) <= names.known(), rule["expr"]
        for metric, labels in names.labels_of_ours(rule["expr"]).items():
            assert labels <= names.ours()[metric] | {"process"}, rule["expr"]


def test_bounds_of_latencies_are_bounds_of_buckets(promises):
    from prometheus_client import REGISTRY

    for slo in promises.slos:
        if slo.latency:
            metric = REGISTRY._names_to_collectors[slo.latency.histogram]
            assert slo.latency.seconds in metric._upper_bounds


def test_kubernetes_gets_the_same_rules(root):
    wrapped = yaml.safe_load((root / "k8s" / "monitoring" / "rules.yaml").read_text())

    inside = [rule for group in wrapped["spec"]["groups"] for rule in group["rules"]]
    assert wrapped["kind"] == "PrometheusRule"
    assert sorted(map(str, inside)) == sorted(map(str, every_rule(root)))
