"""Order by needs: which parts may start, and what is wrong with a set of parts."""

from collections.abc import Iterable, Mapping

from devstack import errors


def waves(*, needs: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Group names into waves: each needs only names of earlier waves, so a wave may start together.

    Raises DevstackError when a need does not exist or needs run in a circle.
    """
    left = {name: set(required) for name, required in needs.items()}
    missing = sorted(set().union(*left.values()) - set(left)) if left else []
    if missing:
        raise errors.DevstackError(f"needed by a part but not in the stack: {', '.join(missing)}")
    ordered: list[list[str]] = []
    done: set[str] = set()
    while left:
        wave = sorted(name for name, required in left.items() if required <= done)
        if not wave:
            raise errors.DevstackError(f"parts need each other in a circle: {', '.join(sorted(left))}")
        ordered.append(wave)
        done |= set(wave)
        left = {name: required for name, required in left.items() if name not in done}
    return ordered


def met(*, needs: Iterable[str], ready: frozenset[str]) -> bool:
    """Tell whether everything a part needs is there."""
    return all(name in ready for name in needs)
