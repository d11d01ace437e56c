"""Clocks that are wrong: libfaketime from Debian, loaded by a part that is started while a file says by how much."""

import dataclasses
from pathlib import Path

from devstack import debian, errors, part
from devstack import stack as stacks

LIBRARY = "libfaketimeMT.so.1"
VARIABLE = "CHAOS_CLOCK"
#: The monotonic clock stays: a wrong date does not make time pass faster.
_START = 'if [ -s "$CHAOS_CLOCK" ]; then . "$CHAOS_CLOCK"; fi; exec "$0" "$@"'


def library(*, cache: Path) -> Path:
    """Return libfaketime, unpacked from Debian's package; raises DevstackError when it cannot be had."""
    root = debian.unpacked(cache=cache, name="faketime", packages=["libfaketime"])
    found = sorted(root.rglob(LIBRARY))
    if not found:
        raise errors.DevstackError(f"no {LIBRARY} in Debian's package", remedy=debian.REMEDY)
    return found[0]


def adjustable(one: part.Part, *, stack: stacks.Stack) -> part.Part:
    """Return a part that looks at each start whether its clock should be wrong."""
    return dataclasses.replace(
        one,
        command=("/bin/sh", "-c", _START, *one.command),
        environment={**one.environment, VARIABLE: str(_file(stack=stack, part=one.name))},
    )


def write(*, stack: stacks.Stack, part: str, seconds: str) -> None:
    """Let a part's next start be wrong by so many seconds, such as +300."""
    path = _file(stack=stack, part=part)
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = {
        "LD_PRELOAD": str(library(cache=stack.config.cache_dir)),
        "FAKETIME": seconds,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    path.write_text("".join(f"export {name}='{value}'\n" for name, value in shown.items()), encoding="utf-8")


def clear(*, stack: stacks.Stack, part: str) -> None:
    """Let a part's next start be right."""
    _file(stack=stack, part=part).unlink(missing_ok=True)


def _file(*, stack: stacks.Stack, part: str) -> Path:
    return stack.run_dir / "clocks" / part
