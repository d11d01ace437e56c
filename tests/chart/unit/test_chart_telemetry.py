"""What processes tell about themselves, and to whom, comes from values; its secret by name."""

import pytest
import worlds
import yaml

TELLING = "plaza that tells a collector and Sentry"


def settings(world):
    """The environment of each service's processes."""
    found = {each["metadata"]["name"]: each["data"] for each in worlds.objects(world, "ConfigMap")}
    return {service: found[f"plaza-{service}"] for service in worlds.SERVICES}


def gateway(world):
    """The gateway's configuration."""
    maps = {each["metadata"]["name"]: each["data"] for each in worlds.objects(world, "ConfigMap")}
    return maps["plaza-gateway"]["envoy.yaml"]


@pytest.mark.parametrize("service", worlds.SERVICES)
def test_one_value_tells_every_service_where_traces_go(service):
    found = settings(TELLING)[service]

    assert found["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector.tracing:4318"
    assert (found["OTEL_TRACES_SAMPLER_ARG"], found["ENVIRONMENT"], found["RELEASE"]) == ("0.5", "staging", "0.1.0")


@pytest.mark.parametrize("service", worlds.SERVICES)
def test_nothing_is_told_unless_asked(service):
    found = settings("plaza, local")[service]

    assert not [name for name in found if name.startswith("OTEL_")]
    assert (found["ENVIRONMENT"], found["RELEASE"]) == ("plaza", "0.1.0")
    assert (found["LIVENESS_SECONDS"], found["DRAIN_SECONDS"]) == ("30", "0")


def test_the_gateway_begins_traces_only_for_a_collector():
    silent, telling = yaml.safe_load(gateway("plaza, local")), yaml.safe_load(gateway(TELLING))

    clusters = {each["name"]: each for each in telling["static_resources"]["clusters"]}
    reached = clusters["collector"]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]
    assert reached["socket_address"] == {"address": "collector.tracing", "port_value": 4318}
    assert '"http://collector.tracing:4318/v1/traces"' in gateway(TELLING)
    assert "random_sampling: {value: 50}" in gateway(TELLING)
    assert "collector" not in {each["name"] for each in silent["static_resources"]["clusters"]}
    assert "tracing:" not in gateway("plaza, local")
    assert "@" not in gateway(TELLING).replace("@type", "")


def test_every_process_mounts_sentrys_secret_beside_its_own():
    pods = [
        made["spec"]
        for owner, made in worlds.pods(TELLING)
        if worlds.component(owner) in {"web", "worker", "relay", "beat"}
    ]

    assert len(pods) == 12
    for spec in pods:
        sources = next(each for each in spec["volumes"] if each["name"] == "secrets")["projected"]["sources"]
        assert sources[1]["secret"] == {"name": "sentry", "items": [{"key": "SENTRY_DSN", "path": "SENTRY_DSN"}]}


def test_the_audit_across_gets_no_address_but_the_readers():
    jobs = {each["metadata"]["name"]: each for each in worlds.objects("plaza, local", "CronJob")}
    spec = worlds.template(jobs["plaza-audit-across"])["spec"]

    sources = {each["secret"]["name"]: each["secret"]["items"] for each in spec["volumes"][0]["projected"]["sources"]}
    assert {each["key"] for each in sources["plaza-orders"]} == {"SECRET_KEY", "BROKER_URL", "CACHE_URL"}
    assert {each["path"]: each["key"] for each in sources["plaza-audit"]} == {
        "DATABASE_URL": "ORDERS_DATABASE_URL",
        **{f"{each.upper()}_DATABASE_URL": f"{each.upper()}_DATABASE_URL" for each in worlds.SERVICES},
    }
    assert spec["containers"][0]["args"] == ["manage", "audit_across", "--age", "60"]
    assert worlds.objects("plaza as it is", "CronJob") == []
