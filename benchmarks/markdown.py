"""`RESULTS.md`: the verdicts first, then each section with its table, plots and notes. Pure: text from values."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.results import Section, Verdict, number

_HEAD = """# What was measured

Written by `make bench`; do not edit. A ratio is the median over rounds in which its two sides took turns, so that both
met the same weather; in brackets the least and the greatest. Rates of servers are per second of their CPU: what a core
that does nothing else would do, which load from elsewhere bends little. How and why:
[record 20](../docs/decisions/0020-measuring.md). The floors are in [floors.toml](floors.toml).
"""


def document(
    *,
    machine: Mapping[str, str],
    verdicts: Sequence[Verdict],
    missing: Sequence[tuple[str, str, str]],
    sections: Iterable[Section],
) -> str:
    """Return the whole document.

    Args:
        machine: what was measured on, in neutral terms.
        verdicts: every ratio beside its limit.
        missing: section, name and target of what has not been measured.
        sections: the details.
    """
    parts = [_HEAD, "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in machine.items())]
    parts += ["## Targets", _summary(verdicts, missing)]
    for section in sections:
        parts += _section(section)
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _summary(verdicts: Sequence[Verdict], missing: Sequence[tuple[str, str, str]]) -> str:
    rows = [[each.name, _spread(each), each.target, _floor(each), _word(each)] for each in verdicts]
    rows += [[name, "", target, "", "not measured"] for _, name, target in missing]
    return table(["", "measured", "target", "floor", ""], rows)


def _spread(each: Verdict) -> str:
    spread = "" if each.low == each.high else f" ({number(each.low)} to {number(each.high)})"
    return f"**{number(each.value)}**{spread}"


def _floor(each: Verdict) -> str:
    return "" if each.floor is None else number(each.floor)


def _word(each: Verdict) -> str:
    if not each.kept:
        return "**under its floor**"
    return "reached" if each.reached else "not reached"


def _section(section: Section) -> list[str]:
    parts = [f"## {section.title}", f"Measured {section.measured}." if section.measured else ""]
    if section.rows:
        parts.append(table(section.heads, section.rows))
    parts += [f"![{caption}](plots/{file})\n\n{caption}" for file, caption in section.plots.items()]
    parts += section.notes
    return [part for part in parts if part]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; all columns but the first are aligned to the right."""
    first, *others = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (heads, *rows)]
    return "\n".join([first, "|---|" + "--:|" * (len(heads) - 1), *others])


def line(each: Verdict) -> str:
    """Return a verdict as a line for a terminal."""
    floor = "" if each.floor is None else f"floor {number(each.floor)}"
    spread = f"{number(each.low)} to {number(each.high)}"
    word = _word(each).strip("*")
    return f"{each.name:<58}{number(each.value):>9}  {spread:<18} {each.target:<9} {floor:<12} {word}"
