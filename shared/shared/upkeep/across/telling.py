"""What was found, for people, programs and Prometheus' textfile collector."""

import time
from pathlib import Path

import orjson

from shared.upkeep.across.looking import Outcome

SEEN = ("orders", "unsettled", "reservations", "payments")


def table(outcome: Outcome) -> str:
    """Return a line for each law, under it the rows that break it, and a verdict."""
    width = max(len(name) for name in outcome.counts)
    lines = []
    for name, count in outcome.counts.items():
        lines.append(f"{name:<{width}}  {'violated' if count else 'ok':<8}  {count:>6}")
        lines += [
            "    " + "  ".join(f"{fact}={value}" for fact, value in row.items() if value is not None)
            for row in outcome.rows[name]
        ]
    seen = ", ".join(f"{outcome.seen[name]} {name}" for name in SEEN)
    broken = sum(1 for count in outcome.counts.values() if count)
    verdict = "every invariant holds" if outcome.holds else f"{broken} of {len(outcome.counts)} laws are broken"
    return "\n".join([*lines, "", f"looked at {seen}", verdict])


def json(outcome: Outcome) -> str:
    """Return the same as one JSON object."""
    found = [
        {"name": name, "state": "violated" if count else "ok", "rows": count, "first": outcome.rows[name]}
        for name, count in outcome.counts.items()
    ]
    body = {"holds": outcome.holds, "seen": {name: outcome.seen[name] for name in SEEN}, "invariants": found}
    return orjson.dumps(body, default=str, option=orjson.OPT_INDENT_2).decode()


def textfile(outcome: Outcome, path: Path) -> None:
    """Write the figures for node_exporter's textfile collector, whole or not at all.

    Args:
        outcome: what was found.
        path: ends in .prom; a neighbour with another ending is written first.
    """
    lines = [
        "# HELP plaza_across_violations Orders that break a law between services.",
        "# TYPE plaza_across_violations gauge",
    ]
    lines += [f'plaza_across_violations{{law="{name}"}} {count}' for name, count in outcome.counts.items()]
    lines += ["# HELP plaza_across_seen Rows that the audit across the services saw.", "# TYPE plaza_across_seen gauge"]
    lines += [f'plaza_across_seen{{kind="{name}"}} {outcome.seen[name]}' for name in SEEN]
    lines += ["# HELP plaza_across_timestamp_seconds When it ended.", "# TYPE plaza_across_timestamp_seconds gauge"]
    lines += [f"plaza_across_timestamp_seconds {time.time():.0f}"]
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text("\n".join(lines) + "\n", encoding="utf-8")
    unfinished.replace(path)
