"""The tax of many small credit notes is that of what they credit together."""

from __future__ import annotations

from django.utils import timezone

from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Invoice, Shop
from tenant_apps.store.rules.periods import named_period
from tenant_apps.store.selectors import reports
from tenant_apps.store.services import cancelling
from tenant_apps.store.tests.selling import cart_with, ordered, stocked, zone
from tenant_apps.store.tests.test_cancelled_pieces import cancelled, given_back, paid, staff


def test_the_last_of_many_has_no_more_tax_than_it_comes_to(tenant: Tenant) -> None:
    Shop.objects.update(tax_rate_bp=1_925)
    order = paid(ordered(cart_with((stocked("Épingle", pieces=9, price_minor=3), 9)), zone=zone("Ici", fee_minor=0)))
    for _piece in range(8):
        cancelled(order, Épingle=1)
    cancelling.cancel_order(order_id=order.pk, reason="Fini", by=staff())
    given_back(order, 27)
    [invoice], notes = (Invoice.objects.filter(kind=kind) for kind in ("invoice", "credit_note"))
    assert (invoice.tax_minor, sum(note.tax_minor for note in notes)) == (4, 4)
    assert sum(note.total_minor for note in notes) == 27
    assert all(0 <= note.tax_minor <= note.total_minor for note in notes)


def test_papers_and_reports_name_the_same_tax(tenant: Tenant) -> None:
    Shop.objects.update(tax_rate_bp=1_925)
    pins, rice = stocked("Épingle", pieces=40, price_minor=3), stocked("Riz", pieces=40, price_minor=2_000)
    order = paid(ordered(cart_with((rice, 1), (pins, 12)), zone=zone("Ici", fee_minor=0)))
    for _piece in range(10):
        cancelled(order, Épingle=1)
    papers = sum(one.tax_minor if one.kind == "invoice" else -one.tax_minor for one in Invoice.objects.all())
    sales, _before = reports.totals(named_period("today", now=timezone.localtime()))
    assert order.tax_minor == sales.tax == papers == 324
