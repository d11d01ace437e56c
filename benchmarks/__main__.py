"""`make bench [ONLY=reads,files] [QUICK=1]`: measure, write RESULTS.md with its plots, fail under a floor."""

import argparse
import dataclasses
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from benchmarks import machine, markdown, results, stage
from benchmarks.results import Section
from benchmarks.sections import costs
from benchmarks.turns import say
from devstack import config, errors

FOLDER = Path(__file__).parent
SECTIONS = (
    *("costs", "reads", "own", "placing", "reserving", "relaying", "handling", "hurrying", "settling"),
    *("files", "searching", "growth", "remaining", "starting", "scaling", "replaying"),
)
QUICK = ("costs",)


def main() -> int:
    """Read the command line, measure, write; returns 1 when a ratio is under its floor."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help=f"sections with commas between: {','.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="the gate of CI; with sections: those, in short rounds")
    parser.add_argument("--mutant", default="", choices=["", *costs.MUTANTS], help="slow a path down, to see it fail")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the largest tables")
    parser.add_argument("--rounds", type=int, default=0, help="default: 5, quick 3")
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name] or (QUICK if options.quick else SECTIONS)
    if unknown := set(names) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}; choose from {', '.join(SECTIONS)}")
    folder = config.ROOT / ".run" / "bench" if options.quick or options.mutant else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    kept = {} if folder != FOLDER else _read(folder / "results.json")
    try:
        for name, section in _measured(names, options, folder=folder):
            kept[name] = section
            _write(folder / "results.json", kept)
    except errors.DevstackError as error:
        say(f"{error.what}: {error.why} {error.remedy}")
        return 1
    return _tell(folder, [kept[name] for name in SECTIONS if name in kept], names, quick=options.quick)


def _measured(names: Sequence[str], options: argparse.Namespace, *, folder: Path) -> Iterator[tuple[str, Section]]:
    """Measure each section; the quick form on the same stores for all, the full one on fresh ones for each."""
    modules: dict[str, ModuleType] = {name: importlib.import_module(f"benchmarks.sections.{name}") for name in names}
    rounds = options.rounds or (3 if options.quick else 5)
    for group in [list(names)] if options.quick else [[name] for name in names]:
        stores = list({store: None for name in group for store in modules[name].STORES})
        plan = {"quick": options.quick, "rounds": rounds, "rows": options.rows, "mutant": options.mutant}
        with stage.opened(names=stores, **plan) as opened:
            for name in group:
                yield name, _section(modules[name], opened, folder)


def _section(module: ModuleType, opened: stage.Stage, folder: Path) -> Section:
    """Measure one section and draw its plots."""
    say(f"== {module.NAME}")
    begun = time.monotonic()
    section: Section = module.measure(opened)
    section.measured = f"{datetime.now(tz=UTC):%Y-%m-%d}, load average {os.getloadavg()[1]:.0f}"
    if hasattr(module, "draw"):
        module.draw(section, folder / "plots")
    say(f"== {module.NAME}: {time.monotonic() - begun:.0f} s")
    return section


def _tell(folder: Path, sections: Sequence[Section], names: Sequence[str], *, quick: bool) -> int:
    """Write the document and print the verdicts of what was measured now."""
    written = results.floors()
    verdicts = results.verdicts(sections, written, quick=quick)
    missing = [] if quick else results.missing(sections, written)
    document = markdown.document(
        machine=machine.described() | machine.versions(), verdicts=verdicts, missing=missing, sections=sections
    )
    (folder / "RESULTS.md").write_text(document, encoding="utf-8")
    present = [each for each in verdicts if each.section in names]
    say("\n" + "\n".join(markdown.line(each) for each in present))
    fallen = [each for each in present if not each.kept]
    say(f"\n{(folder / 'RESULTS.md').relative_to(config.ROOT)}: {len(fallen)} of {len(present)} under a floor")
    return int(bool(fallen))


def _read(path: Path) -> dict[str, Section]:
    """Return what was measured before, by section."""
    if not path.exists():
        return {}
    return {name: Section(**values) for name, values in json.loads(path.read_text(encoding="utf-8")).items()}


def _write(path: Path, sections: dict[str, Section]) -> None:
    """Keep what was measured, so that a later run of some sections need not repeat the others."""
    content = {name: dataclasses.asdict(section) for name, section in sections.items()}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
