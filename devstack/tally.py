"""What a test run says at its end: counts, the shares of the pyramid, coverage."""

import collections
import dataclasses
import json
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

LEVELS = ("unit", "integration", "e2e")

LINES, BRANCHES = 95, 90
SERVICES = ("users", "catalog", "orders")
DECIDING = ("domain", "services", "selectors", "handlers")
#: package -> percent of its lines and of its branches that tests must reach
GATES: dict[str, tuple[int, int]] = {
    f"{service}/{room}": (LINES, BRANCHES) for service in SERVICES for room in DECIDING
} | {"shared/events": (LINES, BRANCHES)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tally:
    """The outcome of one suite."""

    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    levels: "collections.Counter[str]" = dataclasses.field(default_factory=collections.Counter)


def read(*, suite: str, path: Path) -> Tally:
    """Read a suite's outcome from its JUnit file; a missing file (pytest died) counts as one failure."""
    try:
        cases = list(ET.parse(path).iter("testcase"))  # noqa: S314  (written by our own pytest)
    except (OSError, ET.ParseError):
        return Tally(suite=suite, failed=1)
    outcomes = collections.Counter(_outcome(case=case) for case in cases)
    return Tally(
        suite=suite,
        passed=outcomes["passed"],
        failed=outcomes["failed"],
        skipped=outcomes["skipped"],
        seconds=sum(float(case.get("time", "0")) for case in cases),
        levels=collections.Counter(level(case=case.get("classname", "")) for case in cases),
    )


def _outcome(*, case: ET.Element) -> str:
    tags = {child.tag for child in case}
    if tags & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in tags else "passed"


def level(*, case: str) -> str:
    """Tell the level of a test by its folder: `services.users.tests.unit.test_x` is unit."""
    folders = case.split(".")
    return next((name for name in LEVELS if name in folders), "integration")


def tell(*, tallies: Sequence[Tally]) -> list[str]:
    """Write the counts and shares as lines; the last one is `N passed, N failed`."""
    lines = [f"{'suite':<10} {'passed':>7} {'failed':>7} {'seconds':>8}"]
    lines += [f"{one.suite:<10} {one.passed:>7} {one.failed:>7} {one.seconds:>8.1f}" for one in tallies]
    levels = sum((one.levels for one in tallies), collections.Counter())
    total = sum(levels.values()) or 1
    shares = [f"{name} {levels[name]} ({100 * levels[name] / total:.0f} %)" for name in LEVELS]
    lines.append("pyramid: " + ", ".join(shares))
    skipped = sum(one.skipped for one in tallies)
    if skipped:
        lines.append(f"skipped: {skipped} (no test may be skipped; each counts as failed)")
    passed = sum(one.passed for one in tallies)
    failed = sum(one.failed for one in tallies) + skipped
    return [*lines, f"{passed} passed, {failed} failed"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Coverage:
    """What the suites of a run reached: the line that tells it, and the packages that are below their gate."""

    line: str = ""
    under: Sequence[str] = ()


def coverage(*, directory: Path, root: Path, whole: Collection[str]) -> Coverage:
    """Combine the suites' coverage data, and hold it to the gates of the suites that ran as a whole.

    Args:
        directory: where each suite left its data; empty without any.
        root: of the project.
        whole: the suites of which every test ran; shared's gate is that of all Django suites together.
    """
    base = [sys.executable, "-m", "coverage"]
    data = f"--data-file={directory / 'combined'}"
    parts = [str(path) for path in directory.glob("data.*")]
    steps = (
        [*base, "combine", "--quiet", data, *parts],
        [*base, "json", "--quiet", data, "--ignore-errors", f"-o{directory / 'coverage.json'}"],
    )
    for step in steps:
        if not parts or subprocess.run(step, cwd=root, check=False).returncode:  # noqa: S603  (coverage itself)
            return Coverage(under=["coverage could not be measured"] if whole else [])
    measured = json.loads((directory / "coverage.json").read_text(encoding="utf-8"))
    line = "coverage: " + ", ".join(_shares(files=measured["files"], total=measured["totals"]))
    return Coverage(line=line, under=under(files=measured["files"], whole=whole))


Files = dict[str, dict[str, dict[str, int]]]


def under(*, files: Files, whole: Collection[str]) -> list[str]:
    """Tell which packages are below their gate; a package without files is, for its gate may not vanish."""
    told = []
    for package, gate in GATES.items():
        service = package.partition("/")[0]
        needed = {"shared", *SERVICES} if service == "shared" else {service}
        if needed <= set(whole):
            told += _below(package=package, gate=gate, files=files)
    return told


def _below(*, package: str, gate: tuple[int, int], files: Files) -> list[str]:
    sums: collections.Counter[str] = collections.Counter()
    for name, measured in files.items():
        if _is_of(path=Path(name), package=package):
            sums.update({key: value for key, value in measured["summary"].items() if key in _COUNTED})
    kinds = (("lines", "covered_lines", "num_statements"), ("branches", "covered_branches", "num_branches"))
    if not sums["num_statements"]:
        return [f"{package}: no file of it was measured"]
    return [
        f"{package}: {100 * sums[covered] / sums[count]:.1f} % of {kind}, at least {least} % are needed"
        for (kind, covered, count), least in zip(kinds, gate, strict=True)
        if 100 * sums[covered] < least * sums[count]
    ]


_COUNTED = frozenset({"covered_lines", "num_statements", "covered_branches", "num_branches"})


def _is_of(*, path: Path, package: str) -> bool:
    """Tell whether a file such as services/users/users/domain/tokens.py belongs to users/domain."""
    inside = path.parts[2:] if path.parts[0] == "services" else path.parts[1:]
    wanted = Path(package).parts
    return inside[: len(wanted)] == wanted or inside == (*wanted[:-1], f"{wanted[-1]}.py")


def _shares(*, files: Files, total: dict[str, float]) -> list[str]:
    covered: collections.Counter[str] = collections.Counter()
    statements: collections.Counter[str] = collections.Counter()
    for name, measured in files.items():
        package = Path(name).parts[1] if name.startswith("services/") else Path(name).parts[0]
        covered[package] += measured["summary"]["covered_lines"] + measured["summary"]["covered_branches"]
        statements[package] += measured["summary"]["num_statements"] + measured["summary"]["num_branches"]
    each = [f"{name} {100 * covered[name] / (statements[name] or 1):.1f} %" for name in sorted(statements)]
    return [*each, f"total {total['percent_covered']:.1f} %"]
