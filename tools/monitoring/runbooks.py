"""Runbooks: one for every alert, begun from a skeleton and then written by people."""

from pathlib import Path

from tools.monitoring import burn, rules, sources

FOLDER = Path("docs/runbooks")
SECTIONS = ("What it means", "Look", "Do", "Over when")


def begin(promises: sources.Promises, alerts: sources.Alerts, *, root: Path) -> None:
    """Write the skeleton of every runbook that is missing; what people wrote stays."""
    for name in rules.names(promises, alerts):
        path = root / FOLDER / f"{name}.md"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(skeleton(name, promises, alerts), encoding="utf-8")


def skeleton(name: str, promises: sources.Promises, alerts: sources.Alerts) -> str:
    """Return a runbook with what the sources know of an alert; its sections wait for somebody to write them."""
    told: dict[str, tuple[str, str, list[str]]] = {
        each.name: (each.severity, each.description, [each.expr]) for each in alerts.alerts
    }
    for slo in promises.slos:
        for pair in burn.BURNS:
            expressions = [burn.ratio(slo, each.short) for each in burn.BURNS if each.speed == pair.speed]
            told[burn.alert_name(slo, pair)] = (pair.severity, slo.description, expressions)
    severity, description, expressions = told[name]
    shown = "\n".join(f"    {each}" for each in expressions)
    head = f"# {name}\n\n*{severity}.* {description}\n"
    return head + "".join(f"\n## {each}\n" + (f"\n{shown}\n" if each == "Look" else "") for each in SECTIONS)
