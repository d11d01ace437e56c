"""Histories told in sentences: `ann orders`, `catalog hears order_placed`, `payment_captured is lost`.

| sentence                                       | what happens                                                    |
|------------------------------------------------|-----------------------------------------------------------------|
| `ann orders`, `bob orders 2`                   | an order of so many cups; ann has money for ten, bob for none   |
| `ann cancels`, `staff cancels`                 | the latest order is cancelled                                   |
| `the time is over`, `orders asks again`        | its deadline, or the pause after its last question, ends        |
| `ann leaves`                                   | the account is deactivated                                      |
| `users hears order_cancelled`                  | the oldest such message arrives                                 |
| `users hears … and dies before_commit`         | with an accident on the way (`service/faults.py`): `dies`,      |
|                                                | `is killed` or `disconnects`                                    |
| `order_placed comes twice`, `… is lost`        | the broker repeats or forgets the oldest such message           |
| `a cup costs 3.00`, `2 cups are left`          | staff changes price or stock                                    |
| `everything arrives`                           | all that is under way, in the order of sending                  |
"""

import re
from collections.abc import Callable, Iterable

from shop import Shop

CUP = 0
MONEYS = {"ann": "20.00", "bob": "0.00"}
SHELVES = [(3, "2.00")]


def tell(shop: Shop, history: Iterable[str]) -> None:
    """Let a history happen in a newly opened shop, then let everything settle."""
    shop.open(moneys=list(MONEYS.values()), shelves=SHELVES)
    for sentence in history:
        happen(shop, sentence)
    shop.settle()


def happen(shop: Shop, sentence: str) -> None:
    """Let one sentence happen; raises ValueError when it means nothing."""
    for pattern, act in _MEANINGS:
        if found := re.fullmatch(pattern, sentence):
            act(shop, *found.groups())
            return
    raise ValueError(f"nobody knows what this means: {sentence}")


def _orders(shop: Shop, who: str, units: str | None) -> None:
    shop.place(list(MONEYS).index(who), [(CUP, int(units or 1))])


def _cancels(shop: Shop, who: str) -> None:
    shop.cancel(-1, is_staff=who == "staff")


def _hears(shop: Shop, who: str, what: str, how: str | None, at: str | None) -> None:
    fault = {"how": how, "at": at} if how and at else None
    shop.deliver(shop.network.find(what, who), fault=fault)


_MEANINGS: list[tuple[str, Callable[..., object]]] = [
    (r"(ann|bob) orders(?: (\d+))?", _orders),
    (r"(ann|bob|staff) cancels", _cancels),
    (r"(ann|bob) leaves", lambda shop, who: shop.leave(list(MONEYS).index(who))),
    (r"the time is over", lambda shop: shop.time_out(-1)),
    (r"orders asks again", lambda shop: shop.ask_again(-1)),
    (r"(users|catalog|orders) hears (\w+)(?: and (?:is )?(dies|disconnects|killed) (\w+))?", _hears),
    (r"(\w+) comes twice", lambda shop, what: shop.double(shop.network.find(what))),
    (r"(\w+) is lost", lambda shop, what: shop.lose(shop.network.find(what))),
    (r"a cup costs ([\d.]+)", lambda shop, price: shop.reprice(CUP, price)),
    (r"(\d+) cups are left", lambda shop, units: shop.restock(CUP, int(units))),
    (r"everything arrives", lambda shop: shop.everything_arrives()),
]
