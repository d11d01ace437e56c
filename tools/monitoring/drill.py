"""`python -m tools.monitoring.drill [--stop rabbitmq] [--seconds 120]`: stop a part of an own stack, see who is called.

Prints every alert that begins, fires and ends, in seconds since the part was stopped. The exit code is 1 unless the
alert that names the cause fired in Alertmanager and was over when the part was back.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Mapping
from concurrent import futures

from devstack import demo, ephemeral
from tools.monitoring import live

#: by the end of the part's name: the alert that must call somebody
EXPECTED = {
    "rabbitmq": "BrokerDown",
    "worker": "WorkerNotConsuming",
    "relay": "RelayStopped",
    "web": "WebDown",
}
OVER_SECONDS = 180.0
"""How long an alert may take to end after its cause has."""
EACH_SECONDS = 1.0

State = tuple[str, str, str]
"""An alert's name, where, and what became of it: pending, firing, sent."""


@dataclasses.dataclass(kw_only=True)
class Journal:
    """What became of each alert, and when: seconds since the part was stopped."""

    clock: Callable[[], float]
    told: Callable[[str], object] = sys.stdout.write
    seen: dict[State, float] = dataclasses.field(default_factory=dict)
    over: dict[State, float] = dataclasses.field(default_factory=dict)
    _before: frozenset[State] = frozenset()

    def note(self, text: str) -> None:
        """Print a line with the time."""
        self.told(f"{self.clock():7.1f} s  {text}\n")

    def take(self, states: frozenset[State]) -> None:
        """Note what is there that was not, and what is not there any more."""
        for state in sorted(states - self._before):
            self.seen.setdefault(state, self.clock())
            self.note(_sentence(state))
        for state in sorted(self._before - states):
            self.over[state] = self.clock()
            if state[2] == "sent":
                self.note(f"{state[0]} {state[1]} is over in Alertmanager")
        self._before = states

    def first(self, alert: str, kind: str) -> float | None:
        """Return when an alert first came into a state, wherever that was."""
        return min((at for (name, _, state), at in self.seen.items() if (name, state) == (alert, kind)), default=None)

    def quiet(self) -> bool:
        """Tell whether Alertmanager has none any more."""
        return not any(kind == "sent" for _, _, kind in self._before)

    def last(self, alert: str) -> float | None:
        """Return when Alertmanager last let go of an alert, unless it still has it."""
        if any(name == alert for name, _, kind in self._before if kind == "sent"):
            return None
        return max((at for (name, _, kind), at in self.over.items() if (name, kind) == (alert, "sent")), default=None)


def _sentence(state: State) -> str:
    name, where, kind = state
    verb = {"pending": "begins (pending)", "firing": "fires", "sent": "is in Alertmanager"}[kind]
    return f"{name} {where} {verb}"


def observe(*, system: ephemeral.System) -> frozenset[State]:
    """Return every alert as Prometheus and Alertmanager have it now."""
    prometheus = live.Prometheus(url=f"http://127.0.0.1:{system.port('prometheus')}")
    alertmanager = f"http://127.0.0.1:{system.port('alertmanager')}"
    rules = [each["metric"] for each in prometheus.now("ALERTS")]
    sent = [each["labels"] for each in live.get(f"{alertmanager}/api/v2/alerts?active=true&inhibited=false")]
    return frozenset(
        [(each["alertname"], _where(each), each["alertstate"]) for each in rules]
        + [(each["alertname"], _where(each), "sent") for each in sent]
    )


def _where(labels: Mapping[str, str]) -> str:
    return labels.get("service") or " ".join(filter(None, (labels.get("job"), labels.get("process"))))


def run(*, system: ephemeral.System, stop: str, seconds: float) -> bool:
    """Stop a part for some seconds; returns whether the alert that names the cause came and went.

    Args:
        system: a whole system that is watched.
        stop: the part's name.
        seconds: for how long.
    """
    expected = EXPECTED[stop.rpartition(".")[2]]
    begun = time.monotonic()
    journal = Journal(clock=lambda: time.monotonic() - begun)

    def watch(*, until: Callable[[], bool]) -> None:
        while not until():
            journal.take(observe(system=system))
            time.sleep(EACH_SECONDS)

    journal.note(f"{stop} is stopped; {expected} must fire")
    with futures.ThreadPoolExecutor(max_workers=1) as pool:
        watch(until=pool.submit(system.stop, stop).done)
        watch(until=lambda: journal.clock() > seconds)
        journal.note(f"{stop} is started")
        watch(until=pool.submit(system.start, stop).done)
    back = journal.clock()
    journal.note(f"{stop} is back")
    watch(until=lambda: journal.quiet() or journal.clock() > back + OVER_SECONDS)
    settled = demo.first_order(url=system.gateway_url, password=system.password)
    journal.note(f"an order placed now is {settled.body['status']} after {settled.seconds:.2f} s")
    return conclude(journal=journal, expected=expected, back=back)


def conclude(*, journal: Journal, expected: str, back: float) -> bool:
    """Print the times that count, and return whether all of them are known."""
    fired, sent, over = journal.first(expected, "firing"), journal.first(expected, "sent"), journal.last(expected)
    if fired is None or sent is None:
        journal.note(f"FAILED: {expected} did not fire")
        return False
    if over is None:
        journal.note(f"FAILED: {expected} fires for ever")
        return False
    journal.note(
        f"{expected}: detected after {fired:.0f} s, told after {sent:.0f} s, over {over - back:.0f} s after the end"
    )
    return True


def main() -> int:
    """Run a drill on a system of its own; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.monitoring.drill", description=__doc__)
    parser.add_argument("--stop", default="rabbitmq", help="a part, as `make status` names it")
    parser.add_argument("--seconds", type=float, default=120)
    given = parser.parse_args()
    if given.stop.rpartition(".")[2] not in EXPECTED:
        parser.error(f"no alert is expected of {given.stop}; choose what ends with {', '.join(EXPECTED)}")
    with ephemeral.system(watched=True) as system:
        return 0 if run(system=system, stop=given.stop, seconds=given.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
