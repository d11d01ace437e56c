"""The test suites of the project, in one list: where each lives and what it runs on."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from devstack import errors


@dataclasses.dataclass(frozen=True, kw_only=True)
class Suite:
    """One pytest process."""

    name: str
    path: str
    settings: str = ""
    """The Django settings module; suites without one get no stores, unless they ask."""
    stores: bool = False
    """True for suites that run services as processes of their own, on databases that they make on the server."""
    whole: bool = False
    """True for suites that start a whole system: one at a time, and those beside it make way for it."""

    @property
    def needs_stores(self) -> bool:
        """Return whether the suite connects to PostgreSQL and Valkey."""
        return bool(self.settings) or self.stores


# The longest first, so that no core is idle at the end.
ALL = (
    Suite(name="e2e", path="tests/e2e", whole=True),
    Suite(name="chaos", path="tools/chaos/tests", whole=True),
    Suite(name="drills", path="tests/drills", whole=True),
    Suite(name="shared", path="shared/tests", settings="shared.testing.settings"),
    Suite(name="catalog", path="services/catalog/tests", settings="catalog.settings"),
    Suite(name="devstack", path="devstack/tests"),
    Suite(name="users", path="services/users/tests", settings="users.settings"),
    Suite(name="saga", path="tests/saga", stores=True),
    Suite(name="orders", path="services/orders/tests", settings="orders.settings"),
    Suite(name="replay", path="tools/replay/tests"),
    Suite(name="monitoring", path="tests/monitoring"),
    Suite(name="gateway", path="gateway/tests"),
    Suite(name="chart", path="tests/chart"),
    Suite(name="deploy", path="tests/deploy"),
    Suite(name="bench", path="benchmarks/tests"),
)


def chosen(*, names: Sequence[str], root: Path) -> list[Suite]:
    """Return the named suites (default: all).

    Raises DevstackError for an unknown name, and for a suite whose folder is not there: a missing suite must
    not look like a passed one.
    """
    known = {suite.name: suite for suite in ALL}
    unknown = [name for name in names if name not in known]
    if unknown:
        what = f"no such suite: {', '.join(unknown)}"
        raise errors.DevstackError(what, remedy=f"choose from {', '.join(known)}")
    suites = [known[name] for name in names] if names else list(ALL)
    missing = [suite.path for suite in suites if not (root / suite.path).is_dir()]
    if missing:
        raise errors.DevstackError(f"suites without a folder: {', '.join(missing)}", remedy="restore them")
    return suites
