"""One event, one service call: what orders does about what happened elsewhere."""

from orders import services
from orders.domain import Reason
from shared.events.contracts import (
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
    SessionRevoked,
    StockCommitted,
    StockRejected,
    StockReleased,
    StockReserved,
    TokensRevoked,
    UserDeactivated,
    UserRegistered,
)
from shared.events.registry import Context, handles


def _cause(context: Context) -> services.Cause:
    """Return the event as the timeline names it."""
    return services.Cause(name=context.type, event_id=context.event_id, attempt=context.attempt)


@handles(StockReserved)
def on_stock_reserved(event: StockReserved, context: Context) -> None:
    """All lines are held."""
    services.order_hold_confirm(order_id=event.order_id, lines=event.lines, total=event.total, cause=_cause(context))


@handles(StockRejected)
def on_stock_rejected(event: StockRejected, context: Context) -> None:
    """Nothing is held for the order."""
    services.order_stock_reject(
        order_id=event.order_id,
        reason=Reason(event.reason),
        shortages=event.shortages,
        cause=_cause(context),
    )


@handles(StockCommitted)
def on_stock_committed(event: StockCommitted, context: Context) -> None:
    """The stock has left the shelf."""
    services.order_stock_committed(order_id=event.order_id, cause=_cause(context))


@handles(StockReleased)
def on_stock_released(event: StockReleased, context: Context) -> None:
    """Nothing is held any more."""
    services.order_stock_released(order_id=event.order_id, cause=_cause(context))


@handles(PaymentCaptured)
def on_payment_captured(event: PaymentCaptured, context: Context) -> None:
    """The money was taken."""
    services.order_payment_capture(order_id=event.order_id, cause=_cause(context))


@handles(PaymentDeclined)
def on_payment_declined(event: PaymentDeclined, context: Context) -> None:
    """No money was taken."""
    services.order_payment_decline(order_id=event.order_id, reason=Reason(event.reason), cause=_cause(context))


@handles(PaymentRefunded)
def on_payment_refunded(event: PaymentRefunded, context: Context) -> None:
    """The money went back."""
    services.order_payment_refunded(order_id=event.order_id, cause=_cause(context))


@handles(PaymentVoided)
def on_payment_voided(event: PaymentVoided, context: Context) -> None:
    """No money was taken, and none will be."""
    services.order_payment_voided(order_id=event.order_id, cause=_cause(context))


@handles(UserRegistered)
def on_user_registered(event: UserRegistered, context: Context) -> None:
    """There is a new user."""
    del context
    services.user_register(user_id=event.user_id)


@handles(UserDeactivated)
def on_user_deactivated(event: UserDeactivated, context: Context) -> None:
    """The user's tokens are refused, the open orders cancelled."""
    services.user_deactivate(user_id=event.user_id, cause=_cause(context))


@handles(TokensRevoked)
def on_tokens_revoked(event: TokensRevoked, context: Context) -> None:
    """The user's tokens of earlier epochs are refused."""
    del context
    services.user_revoke(user_id=event.user_id, epoch=event.epoch)


@handles(SessionRevoked)
def on_session_revoked(event: SessionRevoked, context: Context) -> None:
    """The session's tokens are refused."""
    del context
    services.session_revoke(session_id=event.session_id)
