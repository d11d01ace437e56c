"""The images run as the charts want them: nobody's root, nothing writable, no shell, signals to the server itself."""

import json
import time

import pytest

from conftest import HARDENED, docker
from tools import image

SERVICES = ("users", "catalog", "orders")


def test_the_three_images_share_all_layers_but_the_last():
    layers = {service: image.inspect(service=service)["RootFS"]["Layers"] for service in SERVICES}

    assert len({tuple(each[:-1]) for each in layers.values()}) == 1
    assert len({each[-1] for each in layers.values()}) == 3


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_says_what_it_is(service):
    config = image.inspect(service=service)["Config"]

    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["python3", "-m", "shared.launch"]
    assert config["Cmd"] == ["web"]
    assert config["Labels"]["org.opencontainers.image.title"] == f"plaza-{service}"
    assert config["Labels"]["org.opencontainers.image.version"] == image.version()
    assert f"SERVICE={service}" in config["Env"]


def test_an_image_holds_nothing_to_build_or_install_with():
    asked = (
        "import importlib.util, json, shutil;"
        "print(json.dumps([importlib.util.find_spec('pip') is None,"
        " [each for each in ('gcc', 'make', 'git', 'curl') if shutil.which(each)]]))"
    )

    said = docker("run", "--rm", "--entrypoint", "python3", *HARDENED, image.tag(service="users"), "-c", asked)

    assert json.loads(said) == [True, []]


def test_an_image_without_settings_names_what_is_missing():
    docker("run", "--rm", *HARDENED, image.tag(service="orders"), "manage", "check", code=1)


def test_what_is_no_process_is_refused():
    docker("run", "--rm", *HARDENED, image.tag(service="orders"), "webb", code=2)


@pytest.fixture(scope="module", autouse=True)
def migrated(options):
    """Every service's tables and queues, made by the images themselves."""
    for service in SERVICES:
        docker("run", "--rm", *options(service), image.tag(service=service), "migrate")


@pytest.mark.parametrize("service", SERVICES)
def test_web_is_ready_and_ends_when_told(start, service, capsys):
    web = start(service, "web")

    assert "gunicorn" in web.tree()[0]
    assert not [line for line in web.tree() if line.startswith(("/bin/sh", "sh ", "bash"))]
    assert web.get("/livez")[0] == 200
    assert f'service="{service}"' in web.get("/metrics")[1]
    begun = time.monotonic()
    docker("stop", "--time", "45", web.name)
    took = time.monotonic() - begun
    assert (web.state()["ExitCode"], web.state()["OOMKilled"]) == (0, False)
    size = image.inspect(service=service)["Size"] / 1e6
    with capsys.disabled():
        print(f"\n{service}: {size:.0f} MB, ready after {web.seconds:.1f} s, stopped in {took:.1f} s")  # noqa: T201


@pytest.mark.parametrize("process", ["worker", "relay", "beat"])
def test_the_other_processes_are_ready_and_end_when_told(start, process):
    running = start("orders", process)

    assert process in running.tree()[0]
    assert running.get("/livez")[0] == 200
    assert "plaza_heartbeat_timestamp_seconds" in running.get("/metrics")[1]
    docker("stop", "--time", "45", running.name)
    assert running.state()["ExitCode"] == 0


def test_the_root_is_read_only(start):
    web = start("users", "web")

    said = docker("exec", web.name, "python3", "-c", "open('/srv/x', 'w')", code=1)

    assert said == ""
    assert docker("exec", web.name, "python3", "-c", "import os; print(os.getuid(), os.getgid())") == "10001 10001"


def test_a_restarted_container_begins_with_empty_metrics(start):
    web = start("users", "web")
    docker("exec", web.name, "python3", "-c", "open('/metrics/earlier', 'w')")

    docker("restart", "--time", "30", web.name)
    web.wait_ready(seconds=180)

    listed = docker("exec", web.name, "python3", "-c", "import os; print('earlier' in os.listdir('/metrics'))")
    assert listed == "False"


def test_metrics_in_memory_bear_a_restart(start):
    web = start("users", "web", metrics_at="/tmp/metrics")  # as docker-compose.yml says

    docker("restart", "--time", "30", web.name)
    web.wait_ready(seconds=180)

    listed = docker("exec", web.name, "python3", "-c", "import os; print(len(os.listdir('/tmp/metrics')) > 0)")
    assert listed == "True"
