"""The page as HTML without a script: a verdict, what fires, the figures, the services, the parts."""

import datetime as dt
import html
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devstack import config
from devstack.member import GOOD, Status
from devstack.statuspage.facts import Facts

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
GOOD_STATES = GOOD | {"given"}
OLD_EVENT, OLD_ORDER = 60, 1800
"""Seconds after which alerts.yaml calls them late."""
_LINK = re.compile(r"\[([^\]]+)\]\((\w+\.md)\)")


def draw(*, facts: Facts, notes: Sequence[str]) -> str:
    """Return the page.

    Args:
        facts: what is known.
        notes: the last lines about alerts, the newest first.
    """
    now = dt.datetime.now(tz=dt.UTC)
    mood, verdict = judge(facts=facts)
    sections = [
        f'<header><h1>Plaza status</h1><time datetime="{now:%FT%TZ}">{now:%Y-%m-%d %H:%M:%S} UTC</time></header>',
        f'<p class="verdict {mood}" role="status">{html.escape(verdict)}</p>',
        _alerts(facts),
        f'<h2>Orders and events</h2><div class="tiles">{"".join(_tiles(facts.figures))}</div>',
        f'<h2>Services</h2><div class="wide">{_services(facts)}</div>',
        f'<h2>Parts</h2><div class="wide">{_parts(facts.parts)}</div>' if facts.parts else "",
        _notes(notes),
        _links(facts.links),
    ]
    return _shell(title=f"{verdict}: Plaza", body="\n".join(filter(None, sections)))


def draw_runbook(*, text: str) -> str:
    """Return a runbook as a page: its Markdown as it is, with links."""
    shown = _LINK.sub(r'<a href="\2">\1</a>', html.escape(text, quote=False))
    return _shell(title="Runbook", body=f'<p><a href="/status/">Status</a></p><pre>{shown}</pre>')


def judge(*, facts: Facts) -> tuple[str, str]:
    """Return the mood of the page and its first sentence: the worst that is known."""
    down = [name for name, one in facts.parts.items() if one["status"] not in GOOD_STATES]
    if facts.firing:
        return "bad", _count(len(facts.firing), "alert fires", "alerts fire")
    if down:
        return "bad", f"Not ready: {', '.join(down)}"
    if facts.silent:
        return "poor", f"Not everything is known: {' and '.join(facts.silent)} do not answer"
    if facts.pending:
        return "poor", f"Something begins: {', '.join(sorted({each['alertname'] for each in facts.pending}))}"
    return "good", "Everything works"


def _shell(*, title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body><main>\n{body}\n</main></body>\n</html>\n"
    )


def _alerts(facts: Facts) -> str:
    cards = [_alert(alert) for alert in facts.firing]
    cards += [
        f'<div class="card poor"><b>{html.escape(each["alertname"])}</b> {html.escape(_where(each))}'
        ' <span class="soft">pending: it fires if it lasts</span></div>'
        for each in facts.pending
    ]
    return f'<h2>Alerts</h2><div class="cards">{"".join(cards)}</div>' if cards else ""


def _alert(alert: Mapping[str, Any]) -> str:
    labels, told = alert["labels"], alert["annotations"]
    since = dt.datetime.fromisoformat(alert["startsAt"]).astimezone(dt.UTC)
    mood = "bad" if labels.get("severity") == "page" else "poor"
    runbook = told.get("runbook_url", "")
    link = f' · <a href="{html.escape(runbook)}">runbook</a>' if runbook.startswith("http") else ""
    return (
        f'<div class="card {mood}"><b>{html.escape(labels["alertname"])}</b> {html.escape(_where(labels))}'
        f"<p>{html.escape(told.get('summary', ''))}. {html.escape(told.get('description', ''))}</p>"
        f'<p class="soft">{html.escape(labels.get("severity", ""))}, since {since:%H:%M:%S} UTC{link}</p></div>'
    )


def _where(labels: Mapping[str, str]) -> str:
    return labels.get("service") or " ".join(filter(None, (labels.get("job"), labels.get("process"))))


def _tiles(figures: Mapping[str, float]) -> list[str]:
    def tile(name: str, title: str, *, bad_from: float | None = None, seconds: bool = False) -> str:
        value = figures.get(name)
        worse = value is not None and bad_from is not None and value >= bad_from
        text = "?" if value is None else _seconds(value) if seconds else f"{value:,.0f}"
        return f'<div class="tile {"bad" if worse else ""}"><b>{text}</b><p>{title}</p></div>'

    return [
        tile("open", "orders open"),
        tile("stuck", "orders stuck", bad_from=1),
        tile("oldest", "oldest open order", bad_from=OLD_ORDER, seconds=True),
        tile("settled", "orders settled since the start"),
        tile("unsent", "events in the outbox"),
        tile("waiting", "oldest unsent event", bad_from=OLD_EVENT, seconds=True),
        tile("retrying", "events waiting for a retry"),
        tile("dead", "dead letters", bad_from=1),
    ]


def _services(facts: Facts) -> str:
    titles = ["service", "version", *config.PROCESSES]
    numbers = {"rate": "requests/s", "errors": "5xx/s", "unsent": "outbox", "dead": "dead"}
    head = "".join(f"<th>{each}</th>" for each in titles)
    head += "".join(f'<th class="n">{each}</th>' for each in numbers.values())
    rows = []
    for name, values in facts.services.items():
        cells = f"<td>{name}</td><td>{html.escape(facts.versions.get(name, '?'))}</td>"
        cells += "".join(_up(facts.up.get((name, process)), title=process) for process in config.PROCESSES)
        cells += "".join(
            f'<td class="n" data-title="{title}">{_number(values.get(each))}</td>' for each, title in numbers.items()
        )
        rows.append(f"<tr>{cells}</tr>")
    return f'<table class="services"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _up(value: float | None, *, title: str) -> str:
    mood, word = {None: ("none", "?"), 1.0: ("good", "up")}.get(value, ("bad", "down"))
    return f'<td data-title="{title}"><span class="dot {mood}">{word}</span></td>'


def _parts(parts: Mapping[str, Mapping[str, Any]]) -> str:
    head = '<th>part</th><th>state</th><th>version</th><th class="n">restarts</th><th class="n">runs for</th>'
    rows = []
    for name, one in parts.items():
        if one["status"] == Status.DONE:
            continue  # a job that did its work
        mood = "good" if one["status"] in GOOD_STATES else "bad"
        note = one["note"] or (one["last_exit"] if mood == "bad" else "")
        state = html.escape(f"{one['status']} {note}".strip())
        runs = _seconds(time.time() - one["started_at"]) if one["pid"] else ""
        rows.append(
            f'<tr><td>{html.escape(name)}</td><td><span class="dot {mood}">{state}</span></td>'
            f"<td>{html.escape(_upstream(one['version']))}</td>"
            f'<td class="n">{one["restarts"]}</td><td class="n">{runs}</td></tr>'
        )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _notes(notes: Sequence[str]) -> str:
    lines = html.escape("\n".join(notes))
    return f"<h2>What Alertmanager has told</h2><pre>{lines}</pre>" if notes else ""


def _links(links: Mapping[str, str]) -> str:
    shown = {"API": "/", "Runbooks": "/status/runbooks/README.md", **links}
    each = " · ".join(f'<a href="{html.escape(url)}">{name}</a>' for name, url in shown.items())
    return f"<h2>More</h2><nav>{each} · <code>make status</code> · <code>make logs S=status</code></nav>"


def _upstream(version: str) -> str:
    """Return a version without what Debian adds."""
    return re.split(r"[+-]", version)[0]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _number(value: float | None) -> str:
    """Return a number as short as people want it: 0.036, 12.5, 12,345."""
    if value is None:
        return "?"
    if value < 1:
        return f"{value:.2g}"
    return f"{value:,.1f}".removesuffix(".0")


def _seconds(value: float) -> str:
    """Return a duration as people say it: 12 s, 5 min, 3 h, 2 d."""
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if value < limit:
            return f"{value / size:.0f} {unit}"
    return f"{value / 86_400:.0f} d"
