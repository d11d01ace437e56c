"""docker-compose.yml says the same as the charts, holds no secret, and starts in order."""

import json
import re

import jsonschema
import pytest
import yaml

from devstack import config
from tools import compose, secrets

TEXT = (config.ROOT / "docker-compose.yml").read_text()
FILE = yaml.safe_load(TEXT)
SERVICES = ("users", "catalog", "orders")
PROCESSES = ("web", "worker", "relay", "beat")
OURS = [f"{service}-{process}" for service in SERVICES for process in (*PROCESSES, "migrate")]


def test_every_process_of_every_service_is_there():
    own = {name for name in FILE["services"] if name.partition("-")[0] in SERVICES}

    assert own == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_hardened(name):
    found = FILE["services"][name]

    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["command"] == [name.partition("-")[2]]
    assert "ports" not in found


@pytest.mark.parametrize("name", OURS)
def test_what_is_writable_is_so_after_a_restart_too(name):
    found = FILE["services"][name]

    metrics = found["environment"].get("PROMETHEUS_MULTIPROC_DIR")
    # the one folder that images have with this mode; another one would be root's after `docker compose restart`
    assert found["tmpfs"] == ["/tmp:mode=1777"]
    assert metrics == ("/tmp/metrics" if name.endswith(("-web", "-worker")) else None)


@pytest.mark.parametrize("name", [name for name in OURS if not name.endswith("migrate")])
def test_a_process_is_ready_by_its_management_port_and_starts_after_all_migrations(name):
    found = FILE["services"][name]

    assert found["healthcheck"]["test"][:2] == ["CMD", "python3"]
    assert "('127.0.0.1', 9000)" in found["healthcheck"]["test"][-1]
    assert "GET /readyz " in found["healthcheck"]["test"][-1]
    assert found["depends_on"] == {
        f"{service}-migrate": {"condition": "service_completed_successfully"} for service in SERVICES
    }


def test_migrations_wait_for_the_stores_and_the_gateway_for_the_services():
    for service in SERVICES:
        waits = FILE["services"][f"{service}-migrate"]["depends_on"]
        assert waits == {name: {"condition": "service_healthy"} for name in ("postgres", "rabbitmq", "valkey")}
    assert FILE["services"]["gateway"]["depends_on"] == {
        f"{service}-web": {"condition": "service_healthy"} for service in SERVICES
    }
    for name in ("postgres", "rabbitmq", "valkey"):
        assert FILE["services"][name]["healthcheck"]["test"][0] == "CMD"


def test_the_audit_across_the_services_reads_as_the_role_that_may_do_nothing_else():
    made = compose.environment(known=secrets.passwords())

    environment = FILE["services"]["audit-across"]["environment"]
    for service in SERVICES:
        name = f"AUDIT_{service.upper()}_DATABASE_URL"
        assert environment[f"{service.upper()}_DATABASE_URL"] == f"${{{name}:-}}"
        assert re.fullmatch(rf"postgresql://plaza_audit:[\w-]+@postgres:5432/{service}", made[name])
    assert environment["DATABASE_URL"] == environment["ORDERS_DATABASE_URL"]


def test_only_migrations_own_the_tables():
    owners = {
        name
        for name, found in FILE["services"].items()
        if "OWNER_DATABASE_URL" in str(found.get("environment", {}).get("DATABASE_URL", ""))
    }

    assert owners == {f"{service}-migrate" for service in SERVICES}


def test_every_secret_comes_from_the_file_that_is_made_for_it():
    required = set(re.findall(r"\$\{([A-Z_]+):\?run make compose-env\}", TEXT))

    made = compose.environment(known=secrets.passwords())

    assert required <= set(made)
    named = [
        (name, key, value)
        for name, found in FILE["services"].items()
        for key, value in found.get("environment", {}).items()
        if re.search("PASSWORD$|SECRET|_KEYS?$|(DATABASE|BROKER|CACHE)_URL$", key) and not str(value).startswith("${")
    ]
    assert named == []


def test_only_the_gateway_is_open_to_the_network():
    published = {name: found["ports"] for name, found in FILE["services"].items() if "ports" in found}

    open_to_all = [
        name for name, ports in published.items() if not all(port.startswith("127.0.0.1:") for port in ports)
    ]
    assert open_to_all == ["gateway"]


def test_every_image_has_a_version_and_every_mounted_file_is_there(tmp_path):
    written = {path.relative_to(tmp_path) for path in compose.write(folder=tmp_path)}
    for name, found in FILE["services"].items():
        image = re.sub(r"\$\{[A-Z_]+:-(.*?)\}", r"\1", found["image"])
        assert re.search(r":[\w.-]+$", image), name
        assert not image.endswith(":latest"), name
        for volume in found.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                there = (config.ROOT / source).exists() or any(str(path) == source[2:] for path in written)
                assert there, f"{name}: {source}"
            else:
                assert source in FILE["volumes"], name


def test_the_environment_is_made_once_and_only_for_its_owner(tmp_path):
    compose.write(folder=tmp_path)
    before = (tmp_path / ".env").read_text()

    again = compose.write(folder=tmp_path)

    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".env").read_text() == before
    assert [path.name for path in again] == ["envoy.yaml"]
    accounts = json.loads((tmp_path / ".compose" / "rabbitmq.json").read_text())
    assert [each["name"] for each in accounts["users"]] == list(SERVICES)
    passwords = [line.partition("=")[2] for line in before.splitlines() if "BROKER_PASSWORD" in line]
    assert not [each for each in passwords if each in json.dumps(accounts)]


def test_the_gateway_finds_the_containers():
    text = compose.gateway_configuration()

    for service in SERVICES:
        assert f'address: "{service}-web", port_value: 8000' in text
    assert compose.PAGE in text
    assert str(config.ROOT) not in text


def test_what_kubernetes_gets_is_what_the_manifests_name():
    from tools.chart import render

    secret = {"type": "object", "required": ["apiVersion", "kind", "metadata", "stringData"]}
    made = json.loads(secrets.kubernetes())["items"]
    for each in made:
        jsonschema.validate(each, secret)

    wanted = set(re.findall(r"secret(?:Name|Ref): ?\{?(?:name: )?([a-z-]+)", _rendered(render)))
    wanted |= set(re.findall(r"secretRef:\s+name: ([a-z-]+)", _rendered(render)))

    assert {each["metadata"]["name"] for each in made} >= wanted
    assert {"plaza-users", "plaza-users-owner", "plaza-postgres", "plaza-rabbitmq", "plaza-valkey"} <= wanted


def _rendered(render):
    values = render.HELM / "plaza" / "values-local.yaml"
    return render.chart(name="plaza", values=[values]) + render.kustomization(name="overlays/local")
