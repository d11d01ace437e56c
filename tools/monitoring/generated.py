"""All generated files, by path: written, or compared with what is there."""

from pathlib import Path

from tools.monitoring import cases, rules, runbooks, sources
from tools.monitoring.dashboards import boards


def files(*, root: Path) -> dict[Path, str]:
    """Return the content of every generated file; raises SourceInvalid.

    Args:
        root: of the repository.
    """
    promises, alerts = sources.promises(root=root), sources.alerts(root=root)
    return {**rules.files(promises, alerts), **cases.files(promises, alerts), **boards.files(promises, alerts)}


def stale(*, root: Path) -> list[Path]:
    """Return the files that are missing, are not as they would be written, or should not be there."""
    wanted = files(root=root)
    found = [path.relative_to(root) for folder in (rules.RULES, boards.FOLDER) for path in _listed(root / folder)]
    changed = [path for path, text in wanted.items() if _text(root / path) != text]
    return [*changed, *(path for path in found if path not in wanted)]


def write(*, root: Path) -> None:
    """Write every generated file, remove those without a source, and begin runbooks that are missing."""
    for path, text in files(root=root).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    for path in stale(root=root):
        (root / path).unlink()
    runbooks.begin(sources.promises(root=root), sources.alerts(root=root), root=root)


def _listed(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.json")])


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
