"""The checker: what clients were told against what the databases say. Pure; every finding is a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.chaos.evidence import Evidence
from tools.chaos.history import History, Outcome, Placing

FINAL = frozenset({"completed", "cancelled"})
KEY_REUSED = 422
#: What a customer may be told instead of an order: another one of theirs is still pending.
FAIR_REFUSALS = frozenset({"pending_order_exists", "idempotency_in_progress", "insufficient_funds"})
OWN_ERROR = 500
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One promise that was broken: its name, what happened, and some of the things it happened to."""

    promise: str
    sentence: str
    examples: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Numbers:
    """The orders of a run in Jepsen's words, and a few that are ours."""

    attempted: int = 0
    acknowledged: int = 0
    refused: int = 0
    unknown: int = 0
    completed: int = 0
    cancelled: int = 0
    lost: int = 0
    duplicated: int = 0
    recovered: int = 0
    unexpected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    transfers: int = 0


@dataclass(frozen=True, kw_only=True)
class Poison:
    """The messages that had to die."""

    marks: Mapping[str, str] = field(default_factory=dict)
    """mark -> what kind it is."""
    doubtful: frozenset[str] = frozenset()
    """Marks of those that may not have arrived."""

    def marked(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a dead message is one of them."""
        return any(mark in row["envelope"] for mark in (*self.marks, *self.doubtful))


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the watch saw while the run was on."""

    violations: Mapping[str, Sequence[Any]]
    """service.invariant -> the rows seen first."""
    samples: int
    duplicates: int
    quiet_after: float | None
    """Seconds until nothing moved any more; None when the limit was over first."""
    restless: str = ""
    """What still moved then."""


def count(*, history: History, evidence: Evidence) -> Numbers:
    """Count the orders of a run.

    Args:
        history: what clients know.
        evidence: what the databases know.

    """
    placings = history.placings
    known = {order_id for each in placings for order_id in each.order_ids}
    rows = [evidence.orders[order_id] for order_id in known if order_id in evidence.orders]
    reasons: dict[str, int] = {}
    for row in rows:
        if row["status"] == "cancelled":
            reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
    return Numbers(
        attempted=len(placings),
        acknowledged=sum(each.outcome is Outcome.ACKNOWLEDGED for each in placings),
        refused=sum(each.outcome is Outcome.REFUSED for each in placings),
        unknown=sum(each.outcome is Outcome.UNKNOWN for each in placings),
        completed=sum(row["status"] == "completed" for row in rows),
        cancelled=sum(row["status"] == "cancelled" for row in rows),
        lost=len(_lost(known, evidence)),
        duplicated=len(_duplicated(placings)),
        recovered=sum(each.recovered for each in placings),
        unexpected=len(_unexpected(known, evidence)),
        reasons=dict(sorted(reasons.items())),
        transfers=sum(each.outcome is Outcome.ACKNOWLEDGED for each in history.movings),
    )


def check(*, history: History, evidence: Evidence, watched: Watched, poison: Poison) -> list[Violation]:
    """Hold a run to the promises; the list is empty when all were kept.

    Args:
        history: what clients know.
        evidence: what the databases know.
        watched: what was seen meanwhile.
        poison: what had to die.

    """
    found = [
        *_orders(history, evidence),
        *_answers(history),
        *_transfers(history, evidence),
        *_effects(evidence),
        *_events(evidence, poison),
        *_hearsay(evidence),
        *_invariants(watched, evidence),
        *_watch(watched),
    ]
    return [Violation(promise=promise, sentence=text, examples=tuple(rows)[:_SHOWN]) for promise, text, rows in found]


Finding = tuple[str, str, Sequence[str]]


def _orders(history: History, evidence: Evidence) -> Iterable[Finding]:
    known = {order_id for each in history.placings for order_id in each.order_ids}
    if lost := _lost(known, evidence):
        yield "P1 no lost order", f"{len(lost)} acknowledged orders are gone or never reached a final state", lost
    if duplicated := _duplicated(history.placings):
        yield "P3 once per key", f"{len(duplicated)} Idempotency-Keys became more than one order each", duplicated
    if unexpected := _unexpected(known, evidence):
        text = f"{len(unexpected)} orders exist that no customer was told of, after asking again for every doubtful one"
        yield "P3 once per key", text, unexpected
    undone = [
        each.key
        for each in history.placings
        if each.cancelled and any(_status(evidence, order_id) == "completed" for order_id in each.order_ids)
    ]
    if undone:
        yield "cancel wins", f"{len(undone)} orders were completed after their cancellation was confirmed", undone


def _lost(known: Iterable[str], evidence: Evidence) -> list[str]:
    return sorted(each for each in known if _status(evidence, each) not in FINAL)


def _status(evidence: Evidence, order_id: str) -> str:
    return str(evidence.orders.get(order_id, {}).get("status", "gone"))


def _duplicated(placings: Iterable[Placing]) -> list[str]:
    return [each.key for each in placings if len(each.order_ids) > 1]


def _unexpected(known: set[str], evidence: Evidence) -> list[str]:
    return sorted(set(evidence.orders) - known)


def _answers(history: History) -> Iterable[Finding]:
    if unknown := [each.key for each in history.unknown]:
        yield "P1 no lost order", f"{len(unknown)} requests had no final answer after everything was healed", unknown
    unfair = [
        f"{each.key}: {each.refusal}"
        for each in history.wishes
        if each.outcome is Outcome.REFUSED and each.refusal not in FAIR_REFUSALS
    ]
    if unfair:
        yield "fair refusals", f"{len(unfair)} proper requests were refused", unfair
    if wrong := {status: times for status, times in history.reused.items() if status != KEY_REUSED}:
        text = f"another body under a used key was answered {wrong} instead of 422"
        yield "P3 once per key", text, [str(status) for status in wrong]
    if defects := [f"{each.method} {each.path}" for each in history.attempts if each.status == OWN_ERROR]:
        yield "P8 503, never 500", f"{len(defects)} requests were answered 500, which means a defect", defects


def _transfers(history: History, evidence: Evidence) -> Iterable[Finding]:
    told = sum(each.outcome is Outcome.ACKNOWLEDGED for each in history.movings)
    if told != evidence.transfers:
        text = f"{told} transfers between wallets were acknowledged, {evidence.transfers} were done"
        yield "P3 once per key", text, []


def _effects(evidence: Evidence) -> Iterable[Finding]:
    if evidence.twice:
        rows = [f"{row['cause']} {row['event_id']}: {row['times']} times" for row in evidence.twice]
        yield "P5 handled once", f"orders handled {len(rows)} events more than once", rows
    for service, (given, asked) in evidence.answers.items():
        if given > asked:
            yield "P5 handled once", f"{service} gave {given} answers to {asked} questions", []


def unseen(evidence: Evidence) -> dict[str, list[str]]:
    """Return the events that were sent to each listener and are neither handled nor noted as failed there."""
    found: dict[str, list[str]] = {}
    for listener, mail in evidence.mail.items():
        settled = mail.handled | {row["event_id"] for row in mail.failed}
        found[listener] = [
            f"{row['type']} {row['event_id']} of {sender}"
            for sender, post in evidence.mail.items()
            for row in post.published
            if row["sent"] and row["type"] in mail.listens and row["event_id"] not in settled
        ]
    return {listener: events for listener, events in found.items() if events}


def undead(evidence: Evidence, poison: Poison) -> list[str]:
    """Return what kinds of poison are not among the dead events, one entry for each message."""
    shown = " ".join(row["envelope"] for row in _dead(evidence))
    return [what for mark, what in poison.marks.items() if mark not in shown]


def _dead(evidence: Evidence) -> list[Mapping[str, Any]]:
    return [row for mail in evidence.mail.values() for row in mail.failed if row["dead"]]


def _events(evidence: Evidence, poison: Poison) -> Iterable[Finding]:
    for listener, missing in unseen(evidence).items():
        yield "P5 nothing lost", f"{len(missing)} events were sent, and {listener} has never seen them", missing
    innocent = [f"{row['type']}: {row['error']}" for row in _dead(evidence) if not poison.marked(row)]
    if innocent:
        yield "P8 only poison dies", f"{len(innocent)} events died that were not poison", innocent
    if living := undead(evidence, poison):
        yield "P10 poison is kept", f"{len(living)} poisonous messages are not among the dead events", living
    if unsendable := [row["type"] for mail in evidence.mail.values() for row in mail.published if row["dead"]]:
        yield "P5 nothing lost", f"{len(unsendable)} events were refused by the broker to the end", unsendable


def _hearsay(evidence: Evidence) -> Iterable[Finding]:
    """I3 once nothing moves: orders has heard the last word of both participants. The rest is the audit's."""
    wrong = []
    for order_id, row in evidence.orders.items():
        stock, money = _state(evidence.reservations, order_id), _state(evidence.payments, order_id)
        if not row["settled"] or (row["stock"], row["money"]) != (stock, money):
            told = f"stock {row['stock']}/{stock}, money {row['money']}/{money}"
            wrong.append(f"{order_id} {row['status']} {row['reason']}".strip() + f": {told}")
    if wrong:
        yield "I3 one story", f"{len(wrong)} orders are not settled, or other than the participants say", wrong


def _state(rows: Mapping[str, Mapping[str, Any]], order_id: str) -> str:
    return str(rows.get(order_id, {}).get("state", "none"))


def _invariants(watched: Watched, evidence: Evidence) -> Iterable[Finding]:
    for name, rows in watched.violations.items():
        yield f"invariant {name}", "was broken while the run was on", [str(row) for row in rows]
    for name, rows in evidence.findings.items():
        if name not in watched.violations:
            yield f"invariant {name}", "is broken at the end", [str(row) for row in rows]


def _watch(watched: Watched) -> Iterable[Finding]:
    if watched.quiet_after is None:
        yield "P1 within 60 s", f"the system did not come to rest after everything was healed: {watched.restless}", []
    if not watched.duplicates:
        yield "teeth", "the inboxes suppressed no duplicate, though duplicates were sent", []
    if not watched.samples:
        yield "teeth", "the invariants were never looked at during the run", []
