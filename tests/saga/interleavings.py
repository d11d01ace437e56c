"""For each mutant the shortest history that catches it, as data: who is broken, what happens, how it shows.

When a history ends, everything that is still under way arrives. The same histories without the mutant must be
uneventful, so each is a test of the real code too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Catch:
    """How a mutant is caught.

    Attributes:
        service: which service is broken.
        history: sentences, see `telling`.
        shows: a pattern of what the violation says.
    """

    service: str
    history: tuple[str, ...]
    shows: str


_PAYING = ("ann orders", "catalog hears order_placed", "orders hears stock_reserved")
_SOLD = (*_PAYING, "users hears payment_requested", "orders hears payment_captured")

CATCHES = {
    # ------------------------------------------------------------ the order decides
    "late_capture_completes": Catch(
        service="orders",
        history=(*_PAYING, "users hears payment_requested", "ann cancels", "orders hears payment_captured"),
        shows="payment_captured to orders failed: .*cancelled",
    ),
    "late_hold_reopens": Catch(
        service="orders",
        history=("ann orders", "catalog hears order_placed", "the time is over", "orders hears stock_reserved"),
        shows="stock_reserved to orders failed: .*cancelled",
    ),
    "late_hold_is_paid_again": Catch(
        service="orders",
        history=(
            *("ann orders", "orders asks again", "catalog hears order_placed", "catalog hears order_placed"),
            *("orders hears stock_reserved", "users hears payment_requested", "orders hears payment_captured"),
            "orders hears stock_reserved",
        ),
        shows="stock_reserved to orders failed: .*completed",
    ),
    "completes_unpaid": Catch(
        service="orders",
        history=(
            "bob orders",
            "orders asks again",
            "catalog hears order_placed",
            "catalog hears order_placed",
            "orders hears stock_reserved",
            "orders hears stock_reserved",
        ),
        shows="completed with stock held and money none",
    ),
    "decline_not_heard": Catch(
        service="orders",
        history=("bob orders",),
        shows="not settled: processing  .stock held, money declined",
    ),
    "cancel_while_paying_is_silent": Catch(
        service="orders",
        history=(*_PAYING, "ann cancels"),
        shows="not settled: cancelled by_customer .stock held, money captured",
    ),
    "believes_the_last": Catch(
        service="orders",
        history=(
            *_PAYING,
            "ann cancels",
            "users hears payment_requested",
            "users hears order_cancelled",
            "catalog hears order_cancelled",
            "orders hears stock_released",
            "orders hears payment_refunded",
            "orders hears payment_captured",
        ),
        shows="payment_captured to orders failed",
    ),
    "cancelled_never_asks": Catch(
        service="orders",
        history=(*_PAYING, "ann cancels", "order_cancelled is lost", "order_cancelled is lost"),
        shows="not settled: cancelled by_customer",
    ),
    # ------------------------------------------------------------ catalog is a lattice
    "catalog: no_tombstone": Catch(
        service="catalog",
        history=(
            "ann orders",
            "ann cancels",
            "catalog hears order_cancelled",
            "catalog hears order_placed",
            "everything arrives",
        ),
        shows="believes more than is true: cancelled by_customer .stock held, money voided",
    ),
    "expires_holds": Catch(
        service="catalog",
        history=(
            *_PAYING,
            "bob orders",
            "catalog hears order_placed",
            "users hears payment_requested",
            "orders hears payment_captured",
        ),
        shows="completed with stock released",
    ),
    "commits_what_was_released": Catch(
        service="catalog",
        history=(*_SOLD, "staff cancels", "catalog hears order_cancelled", "catalog hears order_completed"),
        shows="believes more than is true: cancelled refunded .stock committed",
    ),
    "never_restocks": Catch(
        service="catalog",
        history=(*_SOLD, "everything arrives", "staff cancels"),
        shows="not settled: cancelled refunded .stock committed",
    ),
    "releases_without_giving_back": Catch(
        service="catalog",
        history=("ann orders", "catalog hears order_placed", "ann cancels"),
        shows="stock_reserved_is_held",
    ),
    "oversells": Catch(
        service="catalog",
        history=("ann orders 3", "catalog hears order_placed", "bob orders 1"),
        shows="order_placed to catalog failed: .*product_never_oversold",
    ),
    "says_todays_price": Catch(
        service="catalog",
        history=("ann orders", "catalog hears order_placed", "a cup costs 3.00", "stock_reserved is lost"),
        shows="ordered for 3.00, held for 2.00",
    ),
    "tells_only_news": Catch(
        service="catalog",
        history=("ann orders", "catalog hears order_placed", "stock_reserved is lost"),
        shows="not settled: pending",
    ),
    # ------------------------------------------------------------ users is a lattice
    "users: no_tombstone": Catch(
        service="users",
        history=(*_PAYING, "ann cancels", "users hears order_cancelled", "everything arrives"),
        shows="believes more",
    ),
    "charges_what_was_voided": Catch(
        service="users",
        history=(*_PAYING, "ann cancels", "users hears order_cancelled"),
        shows="believes more than is true: cancelled by_customer .stock released, money captured, .*voided",
    ),
    "charges_each_time": Catch(
        service="users",
        history=(*_PAYING, "orders asks again"),
        shows="balance_is_the_sum_of_its_entries",
    ),
    "refunds_each_time": Catch(
        service="users",
        history=(*_SOLD, "staff cancels", "orders asks again"),
        shows="balance_is_the_sum_of_its_entries",
    ),
    "never_refunds": Catch(
        service="users",
        history=(*_SOLD, "staff cancels"),
        shows="not settled: cancelled refunded .stock released, money captured",
    ),
    # ------------------------------------------------------------ an event has its effect once, with its cause
    "no_inbox": Catch(
        service="orders",
        history=("ann orders", "catalog hears order_placed", "stock_reserved comes twice"),
        shows="timeline_tells_an_event_once",
    ),
    "catalog: no_inbox": Catch(
        service="catalog",
        history=("ann orders", "order_placed comes twice"),
        shows="order_placed to catalog is handled, and was handled before",
    ),
    "inbox_first": Catch(
        service="users",
        history=(*_PAYING, "users hears payment_requested and dies after_begin"),
        shows="payment_requested to users is duplicate, and was not handled before",
    ),
    "events_first": Catch(
        service="users",
        history=(*_PAYING, "users hears payment_requested and dies before_commit"),
        shows="rolled back, and told all the same",
    ),
    "events_last": Catch(
        service="users",
        history=(*_PAYING, "users hears payment_requested and dies after_commit"),
        shows="not settled: processing  .stock held, money captured",
    ),
}
