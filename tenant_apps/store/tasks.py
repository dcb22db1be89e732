"""What beat and services leave to workers."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from shared_apps.core.soon import send_soon
from shared_apps.organisations.current import current_tenant
from shared_apps.organisations.fleet import in_every_tenant
from tenant_apps.store.selectors.documents import without_pdf
from tenant_apps.store.services import import_work, imports, invoices, low_stock, prices, stock, unpaid
from tenant_apps.store.services.form_keys import forget_old_keys

PRODUCT = "store"
SWEEP_SECONDS = 300.0  # as in the schedule


@shared_task
def end_expired_holds() -> int:
    """In every shop, give back what orders hold that were not paid in time."""
    return in_every_tenant(stock.end_expired_holds, what="end expired holds", product=PRODUCT)


@shared_task
def cancel_unpaid_orders() -> int:
    """In every shop, cancel orders that nobody paid in time."""
    return in_every_tenant(unpaid.cancel_unpaid_orders, what="cancel unpaid orders", product=PRODUCT)


@shared_task
def note_low_stock() -> int:
    """In one shop, tell of variants that have become low."""
    return low_stock.note_low_stock()


@shared_task
def sweep_low_stock() -> int:
    """The same in every shop, for those whose own task was lost; what is no longer needed of the stock's forms goes."""
    in_every_tenant(forget_old_keys, what="forget old keys", product=PRODUCT)
    return in_every_tenant(low_stock.note_low_stock, what="note low stock", product=PRODUCT)


@shared_task
def refresh_prices() -> int:
    """Bring the prices of lists in step where a promotion has begun or ended; how many products had another price."""
    return in_every_tenant(_refresh_here, what="refresh prices", product=PRODUCT)


def _refresh_here() -> int:
    # Nothing is written in a workspace that can only be read: its lists compute meanwhile.
    return 0 if current_tenant().is_suspended else prices.refresh_due_prices()


@shared_task
def make_invoice_pdf(invoice_id: str) -> bool:
    """Make the file of one invoice or credit note."""
    return invoices.make_pdf(invoice_id=invoice_id)


@shared_task
def sweep_invoices() -> int:
    """Have the files made that every shop's invoices lack; how many there are."""
    return in_every_tenant(_sweep_shop, what="sweep shop invoices", product=PRODUCT)


def _sweep_shop() -> int:
    waiting = without_pdf()
    for invoice_id in waiting:
        send_soon(make_invoice_pdf, str(invoice_id), expires=SWEEP_SECONDS)
    return len(waiting)


@shared_task
def work_on_import(batch_id: str) -> bool:
    """Go on with a catalogue import for a while, and leave the rest to the next turn of this task."""
    return import_work.work_on(batch_id=UUID(batch_id))


@shared_task
def sweep_imports() -> int:
    """In every shop, have imports continued whose worker died; how many."""
    return in_every_tenant(imports.sweep_imports, what="sweep imports", product=PRODUCT)
