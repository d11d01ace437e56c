"""What is installed: namespace, stores and secrets of k8s/, and the umbrella chart; and how all of it goes again."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from devstack import config
from tools import secrets
from tools.chart import render
from tools.cluster import kube

RELEASE = "plaza"
CHART = render.HELM / "plaza"
SEED_SECRET = "plaza-users"  # noqa: S105 (the name of an object)
WAIT = "15m"
#: The variables that docker-compose.yml has for images, and what k8s/backing calls them.
IMAGES = {"POSTGRES_IMAGE": "postgres", "RABBITMQ_IMAGE": "rabbitmq", "VALKEY_IMAGE": "valkey/valkey"} | {
    "MAIL_IMAGE": "axllent/mailpit"
}


def refuse_guests() -> None:
    """Refuse a cluster in which the system is installed already: what is not ours must not be taken down.

    Raises:
        ClusterFailed: there is a namespace of that name.
    """
    found = kube.kubectl("get", "namespace", kube.NAMESPACE, "--ignore-not-found", "--output", "name")
    if found.strip():
        raise kube.ClusterFailed(
            f"there is a namespace {kube.NAMESPACE} already, and this test ends by removing it: use another cluster,"
            f" or remove it yourself (kubectl delete namespace {kube.NAMESPACE})"
        )


def backing(*, environ: Mapping[str, str] = os.environ) -> str:
    """Return the objects of k8s/overlays/local with the images that the environment names.

    Args:
        environ: POSTGRES_IMAGE and the like, as docker-compose.yml takes them.
    """
    text = render.kustomization(name="overlays/local")
    for variable, name in IMAGES.items():
        if given := environ.get(variable):
            text = re.sub(rf"(?m)(^\s*(?:- )?image: ){re.escape(name)}:\S+$", rf"\g<1>{given}", text)
    return text


def put_backing() -> None:
    """Install namespace, secrets, stores and mail, and wait until all are ready; raises ClusterFailed."""
    kube.kubectl("apply", "--kustomize", str(render.KUSTOMIZATIONS / "base"))
    kube.kubectl("apply", "--filename", "-", given=secrets.kubernetes())
    kube.kubectl("apply", "--filename", "-", given=backing())
    for kind in ("statefulset", "deployment"):
        for each in kube.listed(kind):
            kube.kubectl("rollout", "status", f"{kind}/{each['metadata']['name']}", f"--timeout={WAIT}")


def options(*, values: Sequence[Path], environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return helm's options for the umbrella: files of values, and the gateway's image where one is given."""
    found = [option for path in values for option in ("--values", str(path))]
    if given := environ.get("ENVOY_IMAGE"):
        found += ["--set", f"gateway.image={given}"]
    return found


def ask(*, chosen: Sequence[str]) -> None:
    """Let the API server look at every object of the chart without keeping it; raises ClusterFailed."""
    rendered = kube.helm("template", RELEASE, str(CHART), "--skip-tests", *chosen)
    kube.kubectl("apply", "--server-side", "--dry-run=server", "--filename", "-", given=rendered)


def install(*, chosen: Sequence[str]) -> None:
    """Install the release, or upgrade it, and wait until every pod is ready; raises ClusterFailed."""
    kube.helm("upgrade", "--install", RELEASE, str(CHART), "--wait", "--timeout", WAIT, *chosen)


def seed() -> str:
    """Make the demo data and return the password of its people; raises ClusterFailed."""
    for service in config.SERVICES:
        command = ["python3", "-m", "shared.launch", "manage", "seed"]
        kube.kubectl("exec", f"deployment/{RELEASE}-{service}-worker", "--", *command)
    found = kube.kubectl("get", "secret", SEED_SECRET, "--output", "jsonpath={.data.SEED_PASSWORD}")
    return base64.b64decode(found).decode()


def end_to_end(*, address: str, mails: str, password: str) -> None:
    """Run the end-to-end tests that break nothing; raises ClusterFailed when one fails."""
    given = {"BASE_URL": address, "MAILPIT_URL": mails, "STAFF_PASSWORD": password}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:valkey", "tests/e2e"]
    done = subprocess.run(command, cwd=config.ROOT, env={**os.environ, **given}, check=False)  # noqa: S603
    if done.returncode:
        raise kube.ClusterFailed("end-to-end tests failed, see above")


def upgrade_and_back(*, chosen: Sequence[str], said: Callable[[str], None]) -> None:
    """Upgrade the release, which migrates and replaces every pod, and roll it back; raises ClusterFailed."""
    changed = [option for each in config.SERVICES for option in ("--set", f"{each}.podAnnotations.upgraded=yes")]
    install(chosen=[*chosen, *changed])
    said("upgraded")
    kube.helm("rollback", RELEASE, "--wait", "--timeout", WAIT)
    said("rolled back")


def remove() -> None:
    """Uninstall the release and remove the namespace with all that is in it; raises ClusterFailed."""
    kube.helm("uninstall", RELEASE, "--wait", "--ignore-not-found", "--timeout", WAIT)
    left = [each["metadata"]["name"] for each in kube.listed("deployment", selector="helm.sh/chart")]
    if left:
        raise kube.ClusterFailed(f"the uninstall left deployments behind: {', '.join(left)}")
    kube.kubectl("delete", "namespace", kube.NAMESPACE, "--wait", "--timeout", WAIT)
