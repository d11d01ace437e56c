"""Wrong values are refused before anything reaches a cluster, in words that help."""

import json

import pytest
import worlds
import yaml

from tools.chart import render


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("service", "payments", "must be one of 'users', 'catalog', 'orders'"),
        ("existingSecret", "", "'/existingSecret': minLength"),
        ("existingSecret", "postgresql://u:p@h/db", "'/existingSecret'"),
        ("web.workers", "0", "'/web/workers': minimum: got 0, want 1"),
        ("web.worker", "2", "additional properties 'worker' not allowed"),
        ("web.terminationGracePeriodSeconds", "40", None),
        ("web.preStopSeconds", "30", "must be at least web.preStopSeconds \\+ 25"),
        ("worker.terminationGracePeriodSeconds", "30", "minimum: got 30, want 70"),
        ("worker.keda.minReplicas", "0", "minimum: got 0, want 1"),
        ("web.resources.limits.memory", "384MB", "does not match pattern"),
        ("relay.replicas", "9", "maximum: got 9, want 3"),
        ("config.log_level", "DEBUG", "invalid propertyName 'log_level'"),
        (
            "config.DATABASE_URL",
            "x",
            "DATABASE_URL is a secret: put it into the Secret that existingSecret names",
        ),
        ("config.FIELD_KEYS", "x", "config.FIELD_KEYS is a secret"),
        ("hostnames[0]", "https://shop.example.com", "'/hostnames/0'"),
        ("route.paths[0].value", "/metrics", "'/route/paths/0/value'"),
        ("networkPolicy.callers[0]", "null", "'/networkPolicy/callers/0'"),
        ("image.digest", "latest", "'/image/digest'"),
        ("backup.schedule", "daily", "'/backup/schedule'"),
        ("web.drainSeconds", "20", "must be at least web.preStopSeconds \\+ 25"),
        ("livenessSeconds", "0", "'/livenessSeconds'"),
        ("config.SENTRY_DSN", "x", "config.SENTRY_DSN is a secret"),
        ("telemetry.endpoint", "https://collector:4318", "'/telemetry/endpoint'"),
        ("telemetry.endpoint", "http://collector:4318", "say in networkPolicy.traces where the collector is"),
        ("telemetry.sentrySecret", "sentry", "say in networkPolicy.reports where Sentry is"),
    ],
)
def test_wrong_values_are_refused(key, value, said):
    sets = {key: value} | ({"route.paths[0].type": "Exact"} if key.startswith("route") else {})
    if said is None:
        assert render.chart(name="service", values=worlds.ALONE, sets=sets)
        return

    with pytest.raises(render.RenderFailed, match=said):
        render.chart(name="service", values=worlds.ALONE, sets=sets)


def test_a_service_must_be_named():
    with pytest.raises(render.RenderFailed, match="'/service'"):
        render.chart(name="service")


def test_a_route_needs_its_gateway():
    with pytest.raises(render.RenderFailed, match=r"the Gateway, as \{name, namespace\}"):
        render.chart(name="service", values=worlds.ALONE, sets={"route.enabled": "true"})


def test_an_ingress_needs_a_name():
    with pytest.raises(render.RenderFailed, match=r"ingress\.enabled needs a name"):
        render.chart(name="service", values=worlds.ALONE, sets={"ingress.enabled": "true"})


def test_the_umbrella_refuses_what_it_does_not_know():
    with pytest.raises(render.RenderFailed, match="'order'"):
        render.chart(name="plaza", sets={"order.enabled": "false"})
    with pytest.raises(render.RenderFailed, match="/gateway/service/type"):
        render.chart(name="plaza", sets={"gateway.service.type": "Cluster"})


def test_a_port_of_the_nodes_needs_a_service_that_has_one():
    with pytest.raises(render.RenderFailed, match="set the type to NodePort"):
        render.chart(name="plaza", sets={"gateway.service.nodePort": "30080"})


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"orders.enabled": "false"}, "auditAcross.existingSecret is set without orders.enabled"),
        ({"auditAcross.database.to": "null"}, r"say in auditAcross\.database\.to where they are"),
        ({"auditAcross.existingSecret": "postgresql://u:p@h/db"}, "'/auditAcross/existingSecret'"),
        ({"auditAcross.enabled": "true"}, "additional properties 'enabled' not allowed"),
    ],
)
def test_an_audit_across_the_services_is_configured_whole_or_not_at_all(sets, said):
    with pytest.raises(render.RenderFailed, match=said):
        render.chart(name="plaza", sets={"auditAcross.existingSecret": "plaza-audit", **sets})


def test_the_gateways_traces_must_be_let_through():
    policies = {f"{each}.networkPolicy.traces.to[0].ipBlock.cidr": "10.0.0.0/8" for each in worlds.SERVICES}

    with pytest.raises(render.RenderFailed, match=r"say in gateway\.traces where the collector is"):
        render.chart(name="plaza", sets={"global.telemetry.endpoint": "http://collector:4318", **policies})


@pytest.mark.parametrize("chart", ["service", "plaza"])
def test_the_schema_knows_exactly_the_values_there_are(chart):
    values = yaml.safe_load((render.HELM / chart / "values.yaml").read_text())
    schema = json.loads((render.HELM / chart / "values.schema.json").read_text())

    assert set(values) | {"enabled", "tags"} == set(schema["properties"]) | {"enabled", "tags"}
    assert schema["additionalProperties"] is False
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
