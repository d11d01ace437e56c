"""One event, one service call: what catalog does about what happened elsewhere."""

from catalog import services
from shared.events.contracts import (
    ImportAdvanced,
    OrderCancelled,
    OrderCompleted,
    OrderPlaced,
    SessionRevoked,
    TokensRevoked,
    UserDeactivated,
    UserRegistered,
)
from shared.events.registry import Context, handles


@handles(OrderPlaced)
def on_order_placed(event: OrderPlaced, context: Context) -> None:
    """Hold the stock that the order asks for."""
    del context
    lines = [(line.product_id, line.quantity) for line in event.lines]
    services.stock_reserve(order_id=event.order_id, user_id=event.user_id, lines=lines)


@handles(OrderCompleted)
def on_order_completed(event: OrderCompleted, context: Context) -> None:
    """Turn the order's hold into a sale."""
    del context
    services.stock_commit(order_id=event.order_id)


@handles(OrderCancelled)
def on_order_cancelled(event: OrderCancelled, context: Context) -> None:
    """Give back what the order held or bought."""
    del context
    services.stock_release(order_id=event.order_id, user_id=event.user_id)


@handles(UserRegistered)
def on_user_registered(event: UserRegistered, context: Context) -> None:
    """Note that the user exists."""
    del context
    services.subject_register(user_id=event.user_id)


@handles(UserDeactivated)
def on_user_deactivated(event: UserDeactivated, context: Context) -> None:
    """Refuse the user's tokens."""
    del context
    services.subject_deactivate(user_id=event.user_id)


@handles(TokensRevoked)
def on_tokens_revoked(event: TokensRevoked, context: Context) -> None:
    """Refuse the user's tokens of earlier epochs."""
    del context
    services.subject_revoke(user_id=event.user_id, epoch=event.epoch)


@handles(SessionRevoked)
def on_session_revoked(event: SessionRevoked, context: Context) -> None:
    """Refuse the session's tokens."""
    del context
    services.session_revoke(session_id=event.session_id)


@handles(ImportAdvanced)
def on_import_advanced(event: ImportAdvanced, context: Context) -> None:
    """Work off the import's next batch."""
    del context
    services.import_advance(import_id=event.import_id, offset=event.offset)
