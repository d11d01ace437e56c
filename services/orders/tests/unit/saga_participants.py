"""catalog and users as the contract describes them: two small lattices that answer with their current state."""

from orders.domain import Message, Question

CATALOG, USERS, ORDERS = "catalog", "users", "orders"
HOLDS = ("held", "committed")
STOCK_ANSWERS = {
    "held": Message.STOCK_RESERVED,
    "rejected": Message.STOCK_REJECTED,
    "committed": Message.STOCK_COMMITTED,
    "released": Message.STOCK_RELEASED,
}
MONEY_ANSWERS = {
    "captured": Message.PAYMENT_CAPTURED,
    "declined": Message.PAYMENT_DECLINED,
    "refunded": Message.PAYMENT_REFUNDED,
    "voided": Message.PAYMENT_VOIDED,
}
RECEIVERS = {
    Question.ORDER_PLACED: (CATALOG,),
    Question.PAYMENT_REQUESTED: (USERS,),
    Question.ORDER_COMPLETED: (CATALOG,),
    Question.ORDER_CANCELLED: (CATALOG, USERS),
}


def catalog(state: str, asked: Question, *, room: bool) -> list[str]:
    """Return what a reservation may become; it answers with what it then is."""
    if asked is Question.ORDER_PLACED and state == "none":
        return ["held", "rejected"] if room else ["rejected"]
    if asked is Question.ORDER_COMPLETED and state == "held":
        return ["committed"]
    if asked is Question.ORDER_CANCELLED and state != "rejected":
        return ["released"]
    return [state]


def users(state: str, asked: Question) -> list[str]:
    """Return what a payment may become; it answers with what it then is."""
    if asked is Question.PAYMENT_REQUESTED and state == "none":
        return ["captured", "declined"]
    if asked is Question.ORDER_CANCELLED:
        return [{"none": "voided", "captured": "refunded"}.get(state, state)]
    return [state]


def charged(before: str, after: str, asked: Question) -> int:
    """Return how often money is taken by a step of a payment."""
    del asked
    return int(after == "captured" and before != "captured")
