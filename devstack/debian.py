"""Debian packages without root: downloaded by apt-get with directories of its own and unpacked beside each other."""

import fcntl
import gzip
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devstack import errors

STATUS = Path("/var/lib/dpkg/status")
FRESH_SECONDS = 3600
REMEDY = "check the network and the package sources, or give a server of your own (see `make help`, .env.example)"


def unpacked(*, cache: Path, name: str, packages: Sequence[str], families: Sequence[str] = ()) -> Path:
    """Return the directory that holds the packages' files, downloading and unpacking them at the first call.

    families are prefixes: dependencies of a package whose names start with one of them are taken too.
    Raises DevstackError when apt-get is missing, a package cannot be had, or the disk is full.
    """
    root = cache / name
    with _locked(path=cache / f"{name}.lock"):
        if not (root / ".complete").exists():
            _require_tools()
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir(parents=True)
            for archive in _download(apt=_apt(cache=cache), to=root, packages=packages, families=families):
                _run(command=["dpkg", "-x", str(archive), str(root)], what=f"cannot unpack {archive.name}")
                archive.unlink()
            (root / ".complete").touch()
    return root


@contextmanager
def _locked(*, path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_tools() -> None:
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg") if not shutil.which(tool)]
    if missing:
        raise errors.DevstackError(
            f"cannot download packages: {', '.join(missing)} not found",
            why="RabbitMQ and Prometheus come from the packages of Debian or Ubuntu",
            remedy="use Debian or Ubuntu, or give BROKER_URL=amqp://… and install prometheus yourself",
        )


def _apt(*, cache: Path) -> list[str]:
    """Options that let an ordinary user run apt-get: its own lists and archives, the system's sources and keys."""
    state, archives = cache / "apt" / "state", cache / "apt" / "cache"
    for directory in (state / "lists" / "partial", archives / "archives" / "partial"):
        directory.mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State": state,
        "Dir::State::status": STATUS,
        "Dir::Cache": archives,
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Acquire::IndexTargets::deb::CNF::DefaultEnabled": "false",
        "Acquire::Retries": "3",
        "Acquire::http::Timeout": "20",
    }
    return [argument for key, value in options.items() for argument in ("-o", f"{key}={value}")]


def _download(*, apt: list[str], to: Path, packages: Sequence[str], families: Sequence[str]) -> list[Path]:
    _refresh(apt=apt, cache=to.parent)
    wanted = _closure(apt=apt, packages=packages, families=families)
    _run(
        command=["apt-get", *apt, "-q", "download", *wanted],
        what=f"cannot download {', '.join(packages)}",
        cwd=to,
    )
    return sorted(to.glob("*.deb"))


def _refresh(*, apt: list[str], cache: Path) -> None:
    """Read the package lists, unless that was done within the hour (by another package of the same start)."""
    stamp = cache / "apt" / "refreshed"
    with _locked(path=cache / "apt.lock"):
        if stamp.exists() and time.time() - stamp.stat().st_mtime < FRESH_SECONDS:
            return
        # a dead third-party source must not stand in the way: the download tells what is really missing
        _run(command=["apt-get", *apt, "-q", "update"], what="cannot read the package lists", tolerate=True)
        stamp.touch()


def _closure(*, apt: list[str], packages: Sequence[str], families: Sequence[str]) -> list[str]:
    known, asked = list(packages), 0
    while asked < len(known) and families:
        what = f"no package {' or '.join(packages)} in the package lists"
        listed = _run(command=["apt-cache", *apt, "depends", *known[asked:]], what=what)
        asked = len(known)
        relations = [line.strip().lstrip("|").partition(": ") for line in listed.splitlines()]
        wanted = {name for kind, _, name in relations if kind == "Depends" and name.startswith(tuple(families))}
        known += sorted(wanted - set(known))
    return known


def _run(*, command: list[str], what: str, cwd: Path | None = None, tolerate: bool = False) -> str:
    done = subprocess.run(  # noqa: S603  (fixed commands)
        command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode and not tolerate:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("W: ")]
        raise errors.DevstackError(what, why="\n".join(lines[-5:]) or f"exit code {done.returncode}", remedy=REMEDY)
    return done.stdout


def version(*, changelog: Path | None) -> str:
    """Read a package's version from the first line of its changelog: `name (version) …`."""
    if changelog is None:
        return ""
    with gzip.open(changelog, "rt", encoding="utf-8") as lines:
        return lines.readline().partition("(")[2].partition(")")[0]
