"""The Prometheus of the embedded stack and of compose load these rules, and Alertmanager what it is told."""

import os
import re
import subprocess

import pytest
import yaml

from devstack import config, stack
from devstack.parts import alertmanager, prometheus
from tools.monitoring import rules


@pytest.fixture
def opened(tmp_path):
    """A stack of the embedded kind with the usual downloads."""
    cache = config.from_environment(environ=os.environ).cache_dir
    return stack.open_stack(config=config.Config(run_dir=tmp_path / "run", cache_dir=cache))


def test_the_embedded_stacks_configuration_is_valid_and_has_the_rules(opened, prometheus_says):
    prometheus.prepare(stack=opened)

    code, said = prometheus_says("check", "config", opened.run_dir / "prometheus" / "prometheus.yml")

    assert code == 0, said
    assert "2 rule files found" in said


def test_on_the_embedded_stack_alerts_lead_to_the_runbooks_of_the_status_page(opened, promises, alerts):
    prometheus.prepare(stack=opened)

    files = (opened.run_dir / "prometheus" / "rules").glob("*.yaml")
    found = {
        rule["alert"]: rule["annotations"]["runbook_url"]
        for file in files
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert found == {name: f"{opened.gateway_url}/status/runbooks/{name}.md" for name in rules.names(promises, alerts)}


def test_alertmanager_accepts_what_the_embedded_stack_writes(opened):
    alertmanager.prepare(stack=opened)

    written = opened.run_dir / "alertmanager" / "alertmanager.yml"
    amtool = alertmanager.unpack(cache=opened.config.cache_dir) / "usr" / "bin" / "amtool"
    done = subprocess.run([amtool, "check-config", written], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "1 receivers" in done.stdout


def test_compose_mounts_the_folders_where_its_configuration_looks(root):
    services = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    configuration = yaml.safe_load((root / "k8s/monitoring/compose/prometheus.yml").read_text())
    providers = yaml.safe_load((root / "k8s/monitoring/compose/dashboards.yml").read_text())["providers"]

    assert "./k8s/monitoring/rules:/etc/prometheus/rules:ro" in services["prometheus"]["volumes"]
    assert configuration["rule_files"] == ["/etc/prometheus/rules/*.yaml"]
    shown = providers[0]["options"]["path"]
    assert f"./k8s/monitoring/dashboards:{shown}:ro" in services["grafana"]["volumes"]


def test_compose_and_the_embedded_stack_call_once_for_one_cause(opened, root, promises, alerts):
    compose = yaml.safe_load((root / "k8s/monitoring/compose/alertmanager.yml").read_text())
    embedded = alertmanager.configuration(stack=opened)

    assert compose["inhibit_rules"] == embedded["inhibit_rules"]
    assert compose["route"]["group_by"] == embedded["route"]["group_by"]
    named = re.findall(r"[A-Z]\w+", str(embedded["inhibit_rules"]))
    assert set(named) <= set(rules.names(promises, alerts))
