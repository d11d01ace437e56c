"""The code that runs when a new schema arrives: the last release's, laid out beside the working tree.

`python -m tools.previous` says which that is.
"""

import dataclasses
import subprocess
import sys
from pathlib import Path

from devstack import config, errors, part
from devstack import stack as stacks
from devstack.parts import service


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reference:
    """A commit to compare with, and why it is that one."""

    commit: str
    why: str


def reference(*, root: Path = config.ROOT) -> Reference:
    """Return the last release: its tag; without one the commit before the newest migration, or what is left of that.

    Raises DevstackError when this is no git repository.
    """
    tag = _git(root, "describe", "--tags", "--abbrev=0", "HEAD^")
    if tag:
        return Reference(commit=tag, why=f"the last release, {tag}")
    newest = _git(root, "log", "-1", "--format=%H", "--", "*/migrations/0*.py")
    before = _git(root, "rev-parse", "--verify", "--quiet", f"{newest}^") if newest else ""
    if before:
        return Reference(commit=before, why=f"no tag; {before[:9]}, the commit before the newest migration")
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        raise errors.DevstackError("no earlier code to compare with", why="no git repository", remedy="git clone")
    shallow = _git(root, "rev-parse", "--is-shallow-repository") == "true"
    lack = "this clone is shallow (git fetch --unshallow --tags)" if shallow else "there is no earlier commit"
    return Reference(commit=head, why=f"{head[:9]}, with itself: {lack}")


def unpack(*, commit: str, folder: Path, root: Path = config.ROOT) -> Path:
    """Lay the code of a commit out in a folder and return it; raises DevstackError."""
    done = subprocess.run(  # noqa: S603  (git on our own repository)
        ["git", "-C", str(root), "archive", "--format=tar", commit, "services", "shared", "gateway"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise errors.DevstackError(f"cannot lay out {commit}", why=done.stderr.decode(errors="replace"))
    subprocess.run(["tar", "-x", "-C", str(folder)], input=done.stdout, check=True)  # noqa: S603, S607  (our own files)
    return folder


def aged(*, stack: stacks.Stack, name: str, folder: Path) -> part.Part:
    """Describe a process of a running stack as the earlier code runs it, on the same ports.

    Args:
        stack: the running one.
        name: of the part, such as orders.web.
        folder: where the earlier code was laid out.
    """
    own = name.partition(".")[0]
    now = next(one for one in service.build(stack=stack, service=own) if one.name == name)
    first = [folder / "services" / own, folder / "shared", folder]
    path = {"PYTHONPATH": ":".join(map(str, first))}  # before what is installed
    return dataclasses.replace(now, cwd=folder / "services" / own, environment={**now.environment, **path})


def _git(root: Path, *arguments: str) -> str:
    """Return what git says, nothing when it fails."""
    done = subprocess.run(  # noqa: S603  (git on our own repository)
        ["git", "-C", str(root), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.stdout.write(f"compares with {reference().why}\n")
