"""The Prometheus of the embedded stack and of compose load these rules."""

import json

import yaml

from devstack import config, stack
from devstack.parts import prometheus


def test_the_embedded_stacks_configuration_is_valid_and_has_the_rules(tmp_path, prometheus_says):
    opened = stack.open_stack(config=config.Config(run_dir=tmp_path / "run", cache_dir=tmp_path / "cache"))
    written = tmp_path / "prometheus.yml"
    written.write_text(json.dumps(prometheus.configuration(stack=opened)))

    code, said = prometheus_says("check", "config", written)

    assert code == 0, said
    assert "2 rule files found" in said


def test_compose_mounts_the_folders_where_its_configuration_looks(root):
    services = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    configuration = yaml.safe_load((root / "k8s/monitoring/compose/prometheus.yml").read_text())
    providers = yaml.safe_load((root / "k8s/monitoring/compose/dashboards.yml").read_text())["providers"]

    assert "./k8s/monitoring/rules:/etc/prometheus/rules:ro" in services["prometheus"]["volumes"]
    assert configuration["rule_files"] == ["/etc/prometheus/rules/*.yaml"]
    shown = providers[0]["options"]["path"]
    assert f"./k8s/monitoring/dashboards:{shown}:ro" in services["grafana"]["volumes"]
