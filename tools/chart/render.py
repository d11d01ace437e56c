"""What a cluster would get: charts and kustomizations rendered into objects."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from devstack import config
from tools.chart import fetch

HELM = config.ROOT / "helm"
KUSTOMIZATIONS = config.ROOT / "k8s"
NAMESPACE = "plaza"


class RenderFailed(Exception):
    """A chart or kustomization cannot be rendered; says why."""


def chart(*, name: str, values: Sequence[Path] = (), sets: Mapping[str, str] | None = None) -> str:
    """Return the YAML of a chart, hooks included, for a release "plaza".

    Args:
        name: service or plaza.
        values: files that override the chart's own values, the last one wins.
        sets: single values by their path; true, false and numbers are those.

    Raises:
        RenderFailed: what helm says is wrong.
    """
    options = [option for path in values for option in ("--values", str(path))]
    options += [option for key, value in (sets or {}).items() for option in ("--set", f"{key}={value}")]
    return _run([fetch.helm(), "template", "plaza", str(HELM / name), "--namespace", NAMESPACE, *options])


def lint(*, name: str, values: Path) -> str:
    """Return what helm's own linter says of a chart with a file of values; raises RenderFailed."""
    return _run([fetch.helm(), "lint", "--strict", str(HELM / name), "--values", str(values)])


def kustomization(*, name: str) -> str:
    """Return the YAML of a kustomization below k8s/; raises RenderFailed."""
    return _run([fetch.kubectl(), "kustomize", str(KUSTOMIZATIONS / name)])


def objects(rendered: str) -> list[dict[str, Any]]:
    """Return the objects in a text of YAML documents."""
    return [each for each in yaml.load_all(rendered, Loader=yaml.CSafeLoader) if each]


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(  # noqa: S603 (fixed programs)
        command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RenderFailed((done.stderr or done.stdout).strip())
    return done.stdout
