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


@pytest.mark.parametrize("chart", ["service", "plaza"])
def test_the_schema_knows_exactly_the_values_there_are(chart):
    values = yaml.safe_load((render.HELM / chart / "values.yaml").read_text())
    schema = json.loads((render.HELM / chart / "values.schema.json").read_text())

    assert set(values) | {"enabled", "tags"} == set(schema["properties"]) | {"enabled", "tags"}
    assert schema["additionalProperties"] is False
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
