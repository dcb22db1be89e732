from __future__ import annotations

from celery import shared_task

from billing.models import PaymentMethod
from billing.services import (
    commissions,
    documents,
    expiry,
    health,
    life,
    payouts,
    polling,
    receipts,
    reconciliation,
    refund_sending,
    reminders,
    resolve,
    reversals,
    webhooks,
)
from shared_apps.core.soon import send_soon

SWEEP_SECONDS = 300.0  # of invoices, as in the schedule


@shared_task
def resolve_payment(payment_id: str) -> str:
    """Ask the provider about one payment."""
    return resolve.resolve_payment(payment_id).status


@shared_task
def poll_due_payments() -> int:
    """Ask about every payment whose time has come."""
    due = polling.claim_due_payments()
    for payment_id in due:
        send_soon(resolve_payment, str(payment_id), expires=polling.CLAIM.total_seconds())
    return len(due)


@shared_task
def process_new_webhooks() -> int:
    """Look at the webhooks that nobody has looked at yet."""
    return webhooks.process_new_webhooks()


@shared_task
def process_webhook(event_id: int) -> str:
    """Look at one webhook."""
    return webhooks.process_webhook(event_id).status


@shared_task
def sweep_webhooks() -> int:
    """Look at webhooks that were kept and never finished with."""
    waiting = webhooks.waiting_webhooks()
    for event_id in waiting:
        send_soon(process_webhook, event_id)
    return len(waiting)


@shared_task
def make_invoice_pdf(invoice_id: str) -> bool:
    """Make the file of one invoice."""
    return documents.make_pdf(invoice_id=invoice_id)


@shared_task
def sweep_invoices() -> int:
    """Make the files of invoices that have none."""
    waiting = documents.invoices_without_pdf()
    for invoice_id in waiting:
        send_soon(make_invoice_pdf, str(invoice_id), expires=SWEEP_SECONDS)
    return len(waiting)


@shared_task
def delete_old_webhooks() -> int:
    """Delete webhooks that have been kept long enough."""
    return webhooks.delete_old_webhooks()


@shared_task
def expire_orders() -> int:
    """Expire what was not paid in time."""
    return expiry.expire_orders()


@shared_task
def check_due_providers() -> int:
    """Have providers checked that are hidden or under suspicion."""
    due = health.claim_due_checks()
    for method_id in due:
        send_soon(check_provider, method_id, expires=health.CHECK_EVERY.total_seconds())
    return len(due)


@shared_task
def check_provider(method_id: int) -> bool:
    """Check one provider: whether it takes payments now."""
    return health.check_method(method=PaymentMethod.objects.get(pk=method_id)) is None


@shared_task
def send_refund(refund_id: str) -> str:
    """Give one refund to its provider, or ask what became of it."""
    return refund_sending.send_refund(refund_id).status


@shared_task
def poll_due_refunds() -> int:
    """Send or ask about every refund whose time has come."""
    due = refund_sending.claim_due_refunds()
    for refund_id in due:
        send_soon(send_refund, str(refund_id), expires=refund_sending.CLAIM.total_seconds())
    return len(due)


@shared_task
def sync_reversals(payment_id: str) -> None:
    """Ask what was given back or is disputed of one payment."""
    reversals.sync_reversals(payment_id)


@shared_task
def advance_subscriptions() -> int:
    """Move subscriptions whose time has come."""
    return life.advance_subscriptions()


@shared_task
def prepare_renewals() -> int:
    """Make renewals, and send reminders."""
    return reminders.prepare_renewals()


@shared_task
def reconcile() -> bool:
    """Go on with the night's questions about closed payments; whether some are left."""
    is_left = reconciliation.reconcile()
    if is_left:
        send_soon(reconcile)
    return is_left


@shared_task
def delete_old_reconciliations() -> int:
    """Delete what was found in nights long ago."""
    return reconciliation.delete_old_runs()


@shared_task
def compare_receipts() -> int:
    """Look for receipts that were sent before; how many were compared."""
    waiting = receipts.receipts_to_compare()
    for receipt_id in waiting:
        receipts.compare_receipt(receipt_id)
    return len(waiting)


@shared_task
def collect_takings() -> int:
    """Book the commission on what tenants took since the last time."""
    return commissions.collect_takings()


@shared_task
def make_payouts() -> int:
    """Make last month's statements that are not there yet."""
    return payouts.make_payouts()
