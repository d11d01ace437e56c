"""What the pods may take fits: connections into the database, memory of the processes into their limits."""

import pytest
import worlds

from tools.chart import render

MIB = 2**20
#: Resident memory in MiB, rounded up, measured in containers: pages that processes share are counted for each of them.
PARENT, WEB_CHILD, WORKER_CHILD, RELAY, BEAT = 120, 120, 110, 105, 120


def environment(container):
    """The numbers in a container's environment."""
    return {each["name"]: int(each["value"]) for each in container.get("env", []) if each["value"].isdigit()}


def most_pods(world, deployment):
    """The replicas at most, and one more during a rollout."""
    scalers = worlds.objects(world, "HorizontalPodAutoscaler", "ScaledObject")
    for each in scalers:
        if each["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]:
            return each["spec"].get("maxReplicas", each["spec"].get("maxReplicaCount")) + 1
    extra = deployment["spec"]["strategy"].get("rollingUpdate", {}).get("maxSurge", 0)
    return deployment["spec"]["replicas"] + extra


#: Connections of one pod: web's pool; a child each and the parent's probes; one that works and one that probes.
OPENED = {
    "web": lambda own: own["WEB_WORKERS"] * own["DATABASE_POOL_MAX"],
    "worker": lambda own: own["WORKER_PROCESSES"] + 1,
    "relay": lambda _: 2,
    "beat": lambda _: 2,
    "gateway": lambda _: 0,
}


def connections(world):
    """The database connections that a world's services could open at the same time, a job of each kind included."""
    total = 3 * len(worlds.objects(world, "Job"))
    for deployment in worlds.objects(world, "Deployment"):
        own = environment(deployment["spec"]["template"]["spec"]["containers"][0])
        total += OPENED[worlds.component(deployment)](own) * most_pods(world, deployment)
    return total


def test_the_local_system_fits_into_the_local_database():
    arguments = [
        argument
        for owner, container in worlds.containers("overlays/local")
        if worlds.component(owner) == "database"
        for argument in container["args"]
    ]
    allowed = next(int(each.partition("=")[2]) for each in arguments if each.startswith("max_connections="))

    assert connections("plaza, local") < allowed - 10
    assert connections("plaza as it is") < allowed - 10


@pytest.mark.parametrize("world", ["plaza as it is", "plaza, production"])
def test_each_service_stays_within_what_the_database_gives_it(world):
    assert connections(world) <= 3 * 120


def test_too_many_connections_are_refused_with_the_sum():
    with pytest.raises(render.RenderFailed, match=r"users could open \d+ database connections.*maxConnections is 60"):
        render.chart(name="service", values=worlds.ALONE, sets={"web.replicas": "9"})


@pytest.mark.parametrize("world", ["plaza as it is", "plaza, local", "plaza, production"])
def test_measured_memory_fits_into_the_limits(world):
    config = {each["metadata"]["name"]: each["data"] for each in worlds.objects(world, "ConfigMap")}
    for owner, container in worlds.containers(world):
        process, service = worlds.component(owner), owner["metadata"]["labels"]["app.kubernetes.io/name"]
        if owner["kind"] != "Deployment" or process == "gateway":
            continue
        own = environment(container) if process in {"web", "worker"} else {}
        hashing = int(config[f"plaza-{service}"].get("PASSWORD_MEMORY_KIB", 0)) * 1024 if service == "users" else 0
        needed = {
            "web": lambda own, hashing=hashing: (
                (PARENT + WEB_CHILD * own["WEB_WORKERS"]) * MIB + hashing * own["WEB_WORKERS"] * own["WEB_THREADS"]
            ),
            "worker": lambda own: (PARENT + WORKER_CHILD * own["WORKER_PROCESSES"]) * MIB,
            "relay": lambda _: RELAY * MIB,
            "beat": lambda _: BEAT * MIB,
        }[process](own)
        assert needed <= worlds.amount(container["resources"]["limits"]["memory"]), worlds.title(owner)
