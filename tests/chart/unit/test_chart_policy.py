"""Pods are as Pod Security's level "restricted" wants them, and more: limits, probes, read-only roots, no token."""

import re

import pytest
import worlds

#: What ends by itself, or is started by hand, needs no probe.
ENDS = {"Job", "CronJob", "Pod"}
VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
SERVICES = ("users", "catalog", "orders")


def wrong_in_pod(spec):
    """What Pod Security's restricted level, or the house, finds wrong in a pod."""
    security = spec.get("securityContext", {})
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    found += [f"volume {name}" for each in spec.get("volumes", []) for name in each if name not in VOLUMES | {"name"}]
    if security.get("runAsNonRoot") is not True or security.get("runAsUser", 0) == 0:
        found.append("may be root")
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        found.append("no seccomp profile")
    projected = [source for each in spec.get("volumes", []) for source in each.get("projected", {}).get("sources", [])]
    if spec.get("automountServiceAccountToken") is not False or [each for each in projected if set(each) != {"secret"}]:
        found.append("has a token")
    if spec.get("enableServiceLinks") is not False:
        found.append("gets every service's address as variables, of which RELAY_PORT and the like could be read")
    return found


def wrong_in_container(container):
    """What is wrong in a container."""
    security = container.get("securityContext", {})
    found = []
    if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
        found.append("may become privileged")
    if security.get("capabilities") != {"drop": ["ALL"]}:
        found.append("has capabilities")
    if security.get("readOnlyRootFilesystem") is not True:
        found.append("writes into its image")
    if [port for port in container.get("ports", []) if "hostPort" in port]:
        found.append("takes a port of the node")
    image = container["image"]
    if not re.search(r"(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$", image):
        found.append(f"image {image} has no fixed version")
    return found


def without_memory(container):
    """Return whether memory is not requested in full."""
    resources = container.get("resources", {})
    asked, allowed = resources.get("requests", {}), resources.get("limits", {})
    return not (asked.get("cpu") and asked.get("memory") and asked["memory"] == allowed.get("memory"))


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_pods_are_restricted(world):
    found = [(worlds.title(owner), wrong) for owner, made in worlds.pods(world) for wrong in wrong_in_pod(made["spec"])]
    found += [
        (worlds.title(owner), wrong)
        for owner, container in worlds.containers(world)
        for wrong in wrong_in_container(container)
    ]

    assert found == []


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_memory_is_requested_in_full(world):
    assert [worlds.title(owner) for owner, each in worlds.containers(world) if without_memory(each)] == []


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_whatever_runs_on_has_all_three_probes(world):
    probes = ("startupProbe", "readinessProbe", "livenessProbe")

    missing = [
        (worlds.title(owner), probe)
        for owner, container in worlds.containers(world)
        for probe in probes
        if owner["kind"] not in ENDS and probe not in container
    ]

    assert missing == []


def test_probes_of_the_services_ask_the_management_port():
    asked = {
        (probe, container[probe]["httpGet"]["path"], container[probe]["httpGet"]["port"])
        for owner, container in worlds.containers("plaza, production")
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        if owner["kind"] == "Deployment"
    }

    assert asked == {
        ("startupProbe", "/startupz", "management"),
        ("readinessProbe", "/readyz", "management"),
        ("livenessProbe", "/livez", "management"),
    }


def test_web_has_no_cpu_limit():
    limits = {
        worlds.title(owner): sorted(container["resources"]["limits"])
        for owner, container in worlds.containers("plaza as it is")
        if worlds.component(owner) == "web"
    }

    assert limits == {f"Deployment/plaza-{service}-web": ["memory"] for service in SERVICES}


@pytest.mark.parametrize("world", [name for name in worlds.CHARTS if name.startswith("plaza")])
def test_a_rollout_takes_no_pod_away_before_the_next_is_ready(world):
    for deployment in worlds.objects(world, "Deployment"):
        strategy = deployment["spec"]["strategy"]
        if worlds.component(deployment) == "beat":
            assert strategy == {"type": "Recreate"}
        else:
            assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
            assert deployment["spec"]["minReadySeconds"] >= 5


def test_pods_have_time_to_end():
    seconds = {
        worlds.component(owner): made["spec"]["terminationGracePeriodSeconds"]
        for owner, made in worlds.pods("plaza as it is")
        if owner["kind"] == "Deployment"
    }
    before = {
        worlds.component(owner): container["lifecycle"]["preStop"]
        for owner, container in worlds.containers("plaza as it is")
        if "lifecycle" in container
    }
    gateway = before.pop("gateway")["exec"]["command"]

    assert seconds == {"web": 45, "worker": 70, "relay": 45, "beat": 45, "gateway": 45}
    assert before == {"web": {"sleep": {"seconds": 10}}}
    # longer than the longest `Prefer: wait`, 30 s, and shorter than what is left
    assert gateway[:2] == ["bash", "-c"]
    assert gateway[2].splitlines()[-1] == "sleep 35"
    assert "POST /healthcheck/fail" in gateway[2]


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_selectors_are_stable_and_select_their_own_pods(world):
    for each in worlds.objects(world, "Deployment", "StatefulSet"):
        wanted = each["spec"]["selector"]["matchLabels"]
        labels = each["spec"]["template"]["metadata"]["labels"]
        assert set(wanted) <= {
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/component",
        }, worlds.title(each)
        assert wanted.items() <= labels.items(), worlds.title(each)


@pytest.mark.parametrize("world", [name for name in worlds.CHARTS if "without policies" not in name])
def test_each_deployment_has_a_budget_that_never_blocks_a_drain(world):
    budgets = [each["spec"] for each in worlds.objects(world, "PodDisruptionBudget")]

    covered = {
        worlds.title(each)
        for each in worlds.objects(world, "Deployment")
        for budget in budgets
        if budget["selector"]["matchLabels"] == each["spec"]["selector"]["matchLabels"]
    }

    assert covered == {worlds.title(each) for each in worlds.objects(world, "Deployment")}
    assert {budget["maxUnavailable"] for budget in budgets} == {1}


@pytest.mark.parametrize("world", worlds.CHARTS)
def test_a_deployment_has_one_scaler_and_then_no_replicas_of_its_own(world):
    scaled = [
        each["spec"]["scaleTargetRef"]["name"]
        for each in worlds.objects(world, "HorizontalPodAutoscaler", "ScaledObject")
    ]

    assert sorted(scaled) == sorted(set(scaled))
    for each in worlds.objects(world, "Deployment"):
        assert ("replicas" in each["spec"]) is (each["metadata"]["name"] not in scaled), worlds.title(each)


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_no_secret_is_rendered(world):
    assert worlds.objects(world, "Secret") == []
    assert re.findall(r"(?i)\w+://[^\s/:@\"]+:[^\s/@\"]+@", worlds.text(world)) == []
    for owner, container in worlds.containers(world):
        values = [variable["name"] for variable in container.get("env", []) if "value" in variable]
        assert [name for name in values if re.search("PASSWORD$|SECRET|_KEY|TOKEN", name)] == [], worlds.title(owner)


@pytest.mark.parametrize("world", [name for name in worlds.CHARTS if name.startswith("plaza")])
def test_a_first_install_finds_all_that_the_migration_needs(world):
    hooks = [each for each in worlds.objects(world) if "helm.sh/hook" in each["metadata"].get("annotations", {})]
    early = {
        (each["kind"], each["metadata"]["name"])
        for each in hooks
        if int(each["metadata"]["annotations"].get("helm.sh/hook-weight", 0)) < 0
    }
    jobs = [each for each in hooks if each["kind"] == "Job"]

    for job in jobs:
        spec = job["spec"]["template"]["spec"]
        assert ("ServiceAccount", spec["serviceAccountName"]) in early
        for source in spec["containers"][0]["envFrom"]:
            assert ("ConfigMap", source["configMapRef"]["name"]) in early
        assert ("NetworkPolicy", job["metadata"]["name"]) in early
    assert len(jobs) == len(worlds.objects(world, "Deployment")) // 4


def test_a_changed_configuration_restarts_the_pods():
    def sums(level):
        from tools.chart import render

        made = render.objects(render.chart(name="service", values=worlds.ALONE, sets={"config.LOG_LEVEL": level}))
        return {
            each["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
            for each in made
            if each["kind"] == "Deployment"
        }

    assert len(sums("INFO")) == 1
    assert sums("INFO") != sums("DEBUG")
