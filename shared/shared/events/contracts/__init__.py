"""The contracts between the services: what each event says, and nothing else.

Only standard library and pydantic here, so that any program can read an event. A field may be added with a
default; anything else is a new type with the next version beside the old one (docs/events/ holds the golden schemas).
"""

from shared.events.contracts.base import CONTRACTS, Contract
from shared.events.contracts.catalog import (
    ImportAdvanced,
    ReservedLine,
    Shortage,
    StockCommitted,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shared.events.contracts.orders import (
    OrderCancelled,
    OrderCompleted,
    OrderLine,
    OrderPlaced,
    PaymentRequested,
)
from shared.events.contracts.users import (
    MailRequested,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
    SessionRevoked,
    TokensRevoked,
    UserDeactivated,
    UserRegistered,
    UsersBulkAdvanced,
)

__all__ = [
    "CONTRACTS",
    "Contract",
    "ImportAdvanced",
    "MailRequested",
    "OrderCancelled",
    "OrderCompleted",
    "OrderLine",
    "OrderPlaced",
    "PaymentCaptured",
    "PaymentDeclined",
    "PaymentRefunded",
    "PaymentRequested",
    "PaymentVoided",
    "ReservedLine",
    "SessionRevoked",
    "Shortage",
    "StockCommitted",
    "StockRejected",
    "StockReleased",
    "StockReserved",
    "TokensRevoked",
    "UserDeactivated",
    "UserRegistered",
    "UsersBulkAdvanced",
]
