"""One event, one service call: what users does about what happened elsewhere."""

from shared.events.contracts import MailRequested, OrderCancelled, PaymentRequested, UsersBulkAdvanced
from shared.events.registry import Context, handles
from shared.events.retries import Retries
from users.services import jobs, mails, payments


@handles(PaymentRequested)
def on_payment_requested(event: PaymentRequested, context: Context) -> None:
    """Take the order's money."""
    del context
    payments.payment_capture(order_id=event.order_id, user_id=event.user_id, amount=event.amount)


@handles(OrderCancelled)
def on_order_cancelled(event: OrderCancelled, context: Context) -> None:
    """Give the order's money back, or refuse it later."""
    del context
    payments.payment_cancel(order_id=event.order_id, user_id=event.user_id)


# 60 * 2^n seconds: a mail server that was away for a moment, or greylists, has three chances.
@handles(MailRequested, retries=Retries(most=3, base=60.0, jitter=False))
def on_mail_requested(event: MailRequested, context: Context) -> None:
    """Send the mail."""
    del context
    mails.mail_send(user_id=event.user_id, kind=event.kind, reset_id=event.reset_id)


@handles(UsersBulkAdvanced)
def on_users_bulk_advanced(event: UsersBulkAdvanced, context: Context) -> None:
    """Make the list's next accounts."""
    del context
    jobs.job_advance(job_id=event.job_id, row=event.row)
