"""catalog with one rule broken each."""

from typing import Any
from unittest import mock
from uuid import UUID

from django.db import transaction

from catalog import services
from catalog.domain import reservations
from catalog.domain.reservations import Step
from catalog.models import Product, Reservation
from catalog.services import stock
from shared.events import outbox
from shared.events.contracts import StockReleased


def no_tombstone() -> Any:
    """A release that comes before its reservation leaves nothing behind."""
    real = services.stock_release

    def release(*, order_id: UUID, user_id: UUID) -> None:
        with transaction.atomic():
            if Reservation.objects.filter(order_id=order_id).exists():
                real(order_id=order_id, user_id=user_id)
            else:
                outbox.append(StockReleased(order_id=order_id))

    return mock.patch.object(services, "stock_release", release)


def expires_holds() -> Any:
    """Holds end by themselves: here as soon as somebody else wants something."""
    real = services.stock_reserve

    def reserve(*, order_id: UUID, **asked: Any) -> None:
        for old in Reservation.objects.filter(state=reservations.HELD).exclude(order_id=order_id):
            services.stock_release(order_id=old.order_id, user_id=old.user_id)
        real(order_id=order_id, **asked)

    return mock.patch.object(services, "stock_reserve", reserve)


def commits_what_was_released() -> Any:
    """A released reservation does not absorb: it can still become a sale."""
    step = Step(state=reservations.COMMITTED, shelf=-1, hold=0, entry=reservations.COMMIT)
    return mock.patch.dict(reservations._COMMITS, {reservations.RELEASED: step})


def never_restocks() -> Any:
    """What was sold stays sold."""
    return mock.patch.dict(reservations._RELEASES, {reservations.COMMITTED: None})


def releases_without_giving_back() -> Any:
    """A released reservation keeps its units."""
    step = Step(state=reservations.RELEASED, shelf=0, hold=0, entry="")
    return mock.patch.dict(reservations._RELEASES, {reservations.HELD: step})


def oversells() -> Any:
    """Nobody looks at how much there is."""
    blind = stock._RESERVE.replace("bool_and(coalesce(available >= quantity, false)) OVER ()", "true")
    return mock.patch.object(stock, "_RESERVE", blind)


def says_todays_price() -> Any:
    """Asked again, it says what the held products cost now."""
    real = stock._answer

    def answer(reservation: Reservation) -> Any:
        said = real(reservation)
        if reservation.state != reservations.HELD:
            return said
        prices = dict(Product.objects.values_list("id", "price"))
        lines = [{**dict(line), "unit_price": prices[line.product_id]} for line in said.lines]
        return stock._reserved(reservation.order_id, lines)

    return mock.patch.object(stock, "_answer", answer)


def tells_only_news() -> Any:
    """Asked again, it says nothing."""
    real = services.stock_reserve

    def reserve(*, order_id: UUID, **asked: Any) -> None:
        if not Reservation.objects.filter(order_id=order_id).exists():
            real(order_id=order_id, **asked)

    return mock.patch.object(services, "stock_reserve", reserve)


MUTANTS = {
    each.__name__: each
    for each in (
        no_tombstone,
        expires_holds,
        commits_what_was_released,
        never_restocks,
        releases_without_giving_back,
        oversells,
        says_todays_price,
        tells_only_news,
    )
}
