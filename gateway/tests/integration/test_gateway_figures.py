"""What alerts and dashboards read of the gateway is told under these names (tools/monitoring/names.py)."""

import re

import pytest

from tools.monitoring import names


@pytest.fixture
def told(edge):
    """Return what the gateway tells Prometheus after an answer of each kind."""
    edge.client.get("/api/v2/users/")
    edge.client.get("/api/v2/users/?status=503")
    return edge.client.get(f"{edge.admin}/stats/prometheus").text


def test_every_figure_that_monitoring_names_is_told(told):
    there = set(re.findall(r"^(envoy_\w+)[{ ]", told, re.MULTILINE))

    assert names.FOREIGN["Envoy"] <= there


def test_server_errors_are_counted_by_class_at_the_public_listener(told):
    figures = dict(re.findall(r"^envoy_http_downstream_rq_xx\{(.*)\} (\d+)", told, re.MULTILINE))

    assert int(figures['envoy_response_code_class="2",envoy_http_conn_manager_prefix="public"']) >= 1
    assert int(figures['envoy_response_code_class="5",envoy_http_conn_manager_prefix="public"']) >= 1
