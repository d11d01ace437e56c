"""Every write of the orders service: placing, cancelling, the participants' answers, the sweep, upkeep."""

from orders.services.answers import (
    OrderUnknown,
    ReservationMismatch,
    order_hold_confirm,
    order_payment_capture,
    order_payment_decline,
    order_payment_refunded,
    order_payment_voided,
    order_stock_committed,
    order_stock_reject,
    order_stock_released,
)
from orders.services.cancelling import OrderNotCancellable, order_cancel, orders_of_user_cancel
from orders.services.placing import PendingOrderExists, QuantityTooLarge, order_place
from orders.services.purchasing import (
    InsufficientFunds,
    InsufficientStock,
    ProductUnknown,
    QuantityNotPositive,
    product_purchase,
    purchase_check,
)
from orders.services.recording import Cause
from orders.services.repairing import order_ask_again, order_call_off
from orders.services.sweeping import orders_sweep
from orders.services.users import session_revoke, user_deactivate, user_register, user_revoke
from shared.upkeep.old_rows import purge

__all__ = [
    "Cause",
    "InsufficientFunds",
    "InsufficientStock",
    "OrderNotCancellable",
    "OrderUnknown",
    "PendingOrderExists",
    "ProductUnknown",
    "QuantityNotPositive",
    "QuantityTooLarge",
    "ReservationMismatch",
    "order_ask_again",
    "order_call_off",
    "order_cancel",
    "order_hold_confirm",
    "order_payment_capture",
    "order_payment_decline",
    "order_payment_refunded",
    "order_payment_voided",
    "order_place",
    "order_stock_committed",
    "order_stock_reject",
    "order_stock_released",
    "orders_of_user_cancel",
    "orders_sweep",
    "product_purchase",
    "purchase_check",
    "purge",
    "session_revoke",
    "user_deactivate",
    "user_register",
    "user_revoke",
]
