"""The README of a chart: a table of its values, made from the comments that begin with `# --` above them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_MARK = "# --"


def page(*, chart: Path) -> str:
    """Return the text of a chart's README.

    Args:
        chart: the chart's directory; README.head.md in it stands before the table.
    """
    values = (chart / "values.yaml").read_text(encoding="utf-8")
    notes = comments(values)
    rows = [f"| `{path}` | `{default}` | {notes.get(path, '')} |" for path, default in leaves(yaml.safe_load(values))]
    head = (chart / "README.head.md").read_text(encoding="utf-8")
    sections = [f"| `{path}` | | {notes[path]} |" for path in notes if not any(_starts(row, path) for row in rows)]
    lines = {path: number for number, path in _paths(values)}
    table = sorted([*rows, *sections], key=lambda row: lines.get(row.split("`")[1], 0))
    return head + "\n## Values\n\n| value | default | |\n|---|---|---|\n" + "\n".join(table) + "\n"


def _starts(row: str, path: str) -> bool:
    return row.startswith(f"| `{path}` |")


def comments(text: str) -> dict[str, str]:
    """Return the comments of a file of values by the path of the key below them."""
    found: dict[str, str] = {}
    lines = text.splitlines()
    for number, path in _paths(text):
        above = number - 1
        while above >= 0 and lines[above].lstrip().startswith("#"):
            above -= 1
        block = [line.strip() for line in lines[above + 1 : number]]
        start = max((index for index, line in enumerate(block) if line.startswith(_MARK)), default=None)
        if start is not None:
            words = [line.removeprefix(_MARK).removeprefix("#").strip() for line in block[start:]]
            found[path] = " ".join(words).replace("|", "\\|")
    return found


def _paths(text: str) -> Iterator[tuple[int, str]]:
    """Yield line numbers, from 0, and the dotted path of the key that stands there."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines()):
        stripped = line.lstrip()
        key, colon, _ = stripped.partition(":")
        if not colon or stripped.startswith(("#", "-", "{")):
            continue
        indent = len(line) - len(stripped)
        while above and above[-1][0] >= indent:
            above.pop()
        above.append((indent, key))
        yield number, ".".join(name for _, name in above)


def leaves(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each value, and its default as JSON; lists, empty maps and resources are values."""
    for key, value in values.items():
        path = f"{above}{key}"
        if isinstance(value, dict) and value and key not in {"requests", "limits"}:
            yield from leaves(value, f"{path}.")
        else:
            yield path, json.dumps(value).replace("|", "\\|")
