"""HTTP reads that are never kept: one's own order and list of orders, against an ordinary DRF service."""

from contextlib import ExitStack

from benchmarks import figures, many_orders
from benchmarks.results import Section
from benchmarks.rooms import inside
from benchmarks.sections import reads
from benchmarks.stage import Stage
from benchmarks.turns import in_turn

NAME = "own"
STORES = ("postgres", "rabbitmq", "valkey")
_ORDERS, _MINE = 20_000, 50
_FIRST = "SELECT md5('order' || 1)::uuid"
_DRF = "ordinary DRF"


def measure(stage: Stage) -> Section:
    """Measure order and list in turn."""
    stage.migrate("orders")
    section = Section(name=NAME, title="Reads of one's own orders")
    with ExitStack() as running:
        customers = running.enter_context(inside(stage, "orders", "customers"))
        stage.trust(customers("jwks"))
        customer = customers("signed", count=1)[0]
        many_orders.load(stage.database("orders"), count=_MINE, user_id=customer["id"])
        many_orders.load(stage.database("orders"), count=_ORDERS, first=_MINE + 1)
        order_id = stage.asked("orders", _FIRST)
        ours = running.enter_context(stage.web("orders"))
        theirs = running.enter_context(reads.ordinary(stage, "orders"))
        bearer = {"Authorization": f"Bearer {customer['token']}"}
        other = {"Authorization": f"Bearer {reads.token(stage, 'orders', customer['id'])}"}
        contenders = {
            "own order": reads.load(stage, ours, f"/api/v2/orders/{order_id}/", bearer),
            "own list of 20": reads.load(stage, ours, "/api/v2/orders/", bearer),
            f"{_DRF}, own order": reads.load(stage, theirs, f"/orders/{order_id}/", other),
            f"{_DRF}, own list of 20": reads.load(stage, theirs, "/orders/", other),
        }
        samples = in_turn(contenders, rounds=stage.rounds)
    section.contenders(samples, unit="requests")
    rates = {name: [each.per_core for each in taken] for name, taken in samples.items()}
    for name in ("own order", "own list of 20"):
        section.ratio(f"{name} / ordinary DRF", figures.ratio(rates[name], rates[f"{_DRF}, {name}"]))
    section.notes.append(f"{_ORDERS:,} orders of three lines, {_MINE} of them one's own. All with a token.")
    return section
