"""Hot paths of catalog: reads that are ready and reads that are not, reserving stock, the relay."""

from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from benchmarks.inside import relaying
from benchmarks.inside.paths import Client, Path
from catalog.wsgi import application
from shared.events import relay
from shared.events.contracts import OrderPlaced
from shared.events.contracts.orders import OrderLine
from shared.events.publisher import BrokerAway, Publisher
from shared.http.ready import layer
from shared.testing import events, tokens

_UNCACHED = {"HTTP_API_VERSION": "v2"}
_EVENTS = 200
_TRIES = 3


def paths() -> dict[str, Path]:
    """Return the paths by name; the products are there already."""
    products = _products(25)
    client = Client(application=application)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.token(uuid4(), exp=2**32)}"}
    detail, listed = f"/api/v2/products/{products[0]}/", "/api/v2/products/"
    return {
        "hot detail": Path(act=lambda: client.ask(detail)),
        "hot list of 20": Path(act=lambda: client.ask(listed)),
        "detail asked for the first time": Path(act=lambda: client.ask(detail), prepare=layer.kept.clear),
        "list asked for the first time": Path(act=lambda: client.ask(listed), prepare=layer.kept.clear),
        "uncached detail": Path(act=lambda: client.ask(detail, headers=_UNCACHED)),
        "uncached detail, token": Path(act=lambda: client.ask(detail, headers=_UNCACHED | bearer)),
        "uncached list of 20": Path(act=lambda: client.ask(listed, headers=_UNCACHED)),
        "stock reserved, 3 lines": _reserving(products[:3]),
        "stock reserved, 25 lines": _reserving(products),
        "200 events published": _publishing(),
    }


def _products(count: int) -> list[UUID]:
    """Return some products, of which there is enough."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM product WHERE is_active ORDER BY id LIMIT %s", [count])
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE product SET on_hand = 1000000 WHERE id = ANY(%s)", [found])
    return found


def _reserving(products: list[UUID]) -> Path:
    """Return the handling of the event that an order was placed."""
    lines = tuple(OrderLine(product_id=each, quantity=1) for each in products)
    return Path(act=lambda: _handled(events.deliver(OrderPlaced(order_id=uuid4(), user_id=uuid4(), lines=lines))))


def _handled(outcome: str) -> None:
    if outcome != "handled":
        raise RuntimeError(f"the event was {outcome}")


def _publishing() -> Path:
    """Return the relay's work on one batch, until nothing is left."""
    publisher = Publisher(settings.BROKER_URL)
    sender = relay.Sender(publisher)

    def prepare() -> None:
        relaying.filled(count=_EVENTS)
        publisher.drop()  # it may have been silent for longer than the broker bears
        publisher.beat()

    return Path(act=lambda: _emptied(sender), prepare=prepare)


def _emptied(sender: relay.Sender) -> None:
    """Publish until nothing is left, again when the broker did not confirm in time on a machine that is busy."""
    for left in reversed(range(_TRIES)):
        try:
            while sender.publish():
                pass
        except BrokerAway:
            if not left:
                raise
        else:
            return
