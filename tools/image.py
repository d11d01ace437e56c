"""Build the services' images: `python -m tools.image [--service users] [--python-image …] [--network host]`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from typing import Any

from devstack import config

REMEDY = "install Docker (Debian: apt-get install docker.io) and start it, or set DOCKER_HOST"


class ImageFailed(Exception):
    """An image could not be built; says why and what to do."""


def version() -> str:
    """Return the version of the code, as the images are tagged."""
    text = (config.ROOT / "shared" / "pyproject.toml").read_text(encoding="utf-8")
    found: str = tomllib.loads(text)["project"]["version"]
    return found


def tag(*, service: str) -> str:
    """Return an image's full name, as the charts expect it."""
    return f"plaza/{service}:{version()}"


def engine() -> None:
    """Look for a Docker engine; raises ImageFailed with what to do when there is none."""
    if not shutil.which("docker"):
        raise ImageFailed(f"there is no docker on PATH: {REMEDY}")
    done = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise ImageFailed(f"Docker does not answer ({done.stderr.strip().splitlines()[-1]}): {REMEDY}")


def build(*, service: str, python_image: str = "", network: str = "") -> float:
    """Build one image and return the seconds it took.

    Args:
        service: users, catalog or orders.
        python_image: what it stands on; the Dockerfile's default when empty.
        network: of the build, such as `host` where Docker has no bridge.

    Raises:
        ImageFailed: what the build said last.
    """
    arguments = {"SERVICE": service, "VERSION": version(), "REVISION": _revision()}
    if python_image:
        arguments["PYTHON_IMAGE"] = python_image
    options = [option for name, value in arguments.items() for option in ("--build-arg", f"{name}={value}")]
    options += ["--network", network] if network else []
    begun = time.monotonic()
    done = subprocess.run(  # noqa: S603 (fixed program)
        ["docker", "build", *options, "--tag", tag(service=service), "."],  # noqa: S607
        cwd=config.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise ImageFailed(f"{tag(service=service)} could not be built:\n{said}")
    return time.monotonic() - begun


def inspect(*, service: str) -> dict[str, Any]:
    """Return what Docker knows of a service's image; raises ImageFailed when there is none."""
    return describe(name=tag(service=service), remedy="run `make image`")


def describe(*, name: str, remedy: str) -> dict[str, Any]:
    """Return what Docker knows of an image.

    Args:
        name: of the image, with its tag.
        remedy: what to do when there is none.

    Raises:
        ImageFailed: there is none.
    """
    command = ["docker", "image", "inspect", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (fixed program)
    if done.returncode:
        raise ImageFailed(f"there is no image {name}: {remedy}")
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


def _revision() -> str:
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(  # noqa: S603 (fixed command)
        command, cwd=config.ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def main(*, arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", choices=config.SERVICES, help="default: all")
    parser.add_argument("--python-image", default=os.environ.get("PYTHON_IMAGE", ""))
    parser.add_argument("--network", default=os.environ.get("BUILD_NETWORK", ""))
    given = parser.parse_args(arguments)
    try:
        engine()
        for service in [given.service] if given.service else config.SERVICES:
            seconds = build(service=service, python_image=given.python_image, network=given.network)
            size = inspect(service=service)["Size"] / 1e6
            sys.stdout.write(f"{tag(service=service)}  {size:.0f} MB  {seconds:.0f} s\n")
            sys.stdout.flush()
    except ImageFailed as error:
        sys.stderr.write(f"image: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
