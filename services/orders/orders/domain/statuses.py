"""What an order can be, and why it was cancelled."""

from enum import StrEnum


class Status(StrEnum):
    """The four statuses of an order."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why an order was cancelled; empty for every other status."""

    NONE = ""
    INSUFFICIENT_STOCK = "insufficient_stock"
    UNKNOWN_PRODUCT = "unknown_product"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    USER_INACTIVE = "user_inactive"
    BY_CUSTOMER = "by_customer"
    BY_STAFF = "by_staff"
    TIMEOUT = "timeout"
    REFUNDED = "refunded"


OPEN = frozenset({Status.PENDING, Status.PROCESSING})
FINAL = frozenset({Status.COMPLETED, Status.CANCELLED})
