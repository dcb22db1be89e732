"""Goods of a till's sale that come back: one history and one limit, whichever way they come."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Invoice, Location, Order, OrderLine, Return, TillPayment, TillSession
from tenant_apps.store.rules.invoicing import Buyer
from tenant_apps.store.selectors.drawer import drawer_of
from tenant_apps.store.selectors.orders import due_of, owed_of
from tenant_apps.store.services import fulfilment
from tenant_apps.store.services.till_invoices import issue_till_invoice
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.support import levels_of, make_variants
from tenant_apps.store.tests.till_support import make_session, owner, sell, sold_line

pytestmark = pytest.mark.django_db


def made_sale(session: TillSession, *, pieces: int = 3, **changes: Any) -> tuple[Order, Any]:
    [cloth] = make_variants(9, price_minor=1000)
    order = sell(session, sold_line(cloth, pieces, **changes)).order
    assert order is not None
    return order, cloth


def back_at_till(session: TillSession, order: Order, pieces: dict[int, int], **changes: Any) -> Return:
    values = {"key": uuid.uuid4(), "method": "cash", "reason": "taille", "restock": True, "by": owner(), **changes}
    return take_back_at_till(session_id=session.pk, order_id=order.pk, pieces=pieces, **values)


def back_at_desk(order: Order, pieces: dict[int, int]) -> Return:
    return fulfilment.take_back(
        order_id=order.pk, key=uuid.uuid4(), pieces=pieces, reason="trou", location=Location.objects.get(), by=owner()
    )


def test_both_ways_stand_in_one_history_and_share_one_limit(tenant: Tenant) -> None:
    session = make_session()
    order, cloth = made_sale(session)
    [line] = order.lines.all()
    at_till, at_desk = back_at_till(session, order, {line.pk: 2}), back_at_desk(order, {line.pk: 1})
    assert set(order.returns.all()) == {at_till, at_desk}
    assert [(one.line_id, one.quantity) for back in (at_till, at_desk) for one in back.lines.all()] == [
        (line.pk, 2), (line.pk, 1),
    ]  # fmt: skip
    assert (at_desk.session, at_desk.amount_minor, at_till.amount_minor) == (None, None, 2000)
    for again in (
        lambda: back_at_till(session, order, {line.pk: 1}, method="wave"),
        lambda: back_at_desk(order, {line.pk: 1}),
    ):
        with pytest.raises(DomainError) as caught:
            again()
        assert caught.value.code in {"pieces_too_many", "pieces_none"}
    line.refresh_from_db()
    assert (line.returned, levels_of(cloth)) == (3, [(9, 0, 0)])


def test_what_came_back_on_the_orders_page_is_paid_at_the_till_once(tenant: Tenant) -> None:
    session = make_session()
    order, _cloth = made_sale(session)
    [line] = order.lines.all()
    back_at_desk(order, {line.pk: 1})
    assert owed_of(order) == 1000
    given = back_at_till(session, order, {})
    assert (given.amount_minor, given.lines.count()) == (1000, 0)
    order.refresh_from_db()
    assert (order.refunded_minor, owed_of(order)) == (1000, 0)
    with pytest.raises(DomainError) as caught:
        back_at_till(session, order, {})
    assert caught.value.code == "pieces_none"
    assert [(event.kind, event.data.get("minor")) for event in order.events.order_by("id")][1:] == [
        ("returned", None), ("refunded", 1000),
    ]  # fmt: skip


def test_what_is_owed_goes_with_the_next_pieces(tenant: Tenant) -> None:
    session = make_session()
    order, _cloth = made_sale(session)
    [line] = order.lines.all()
    back_at_desk(order, {line.pk: 1})
    assert back_at_till(session, order, {line.pk: 2}).amount_minor == 3000
    assert drawer_of(session).expected_minor == 10_000


def test_a_line_that_was_split_goes_back_into_the_stock_whole(tenant: Tenant) -> None:
    session = make_session()
    order, cloth = made_sale(session, discount_minor=1, reason="geste")
    lines = list(order.lines.all())
    assert len(lines) == 2
    back_at_desk(order, {one.pk: one.quantity for one in lines})
    assert levels_of(cloth) == [(9, 0, 0)]


def test_a_return_of_an_invoiced_sale_is_credited_once_and_never_above_the_invoice(tenant: Tenant) -> None:
    session = make_session()
    order, _cloth = made_sale(session)
    [line] = order.lines.all()
    invoice = issue_till_invoice(order_id=order.pk, buyer=Buyer("Awa Ndiaye"), by=owner())
    key = uuid.uuid4()
    for _time in range(2):
        back_at_till(session, order, {line.pk: 1}, key=key)
    [note] = Invoice.objects.filter(kind="credit_note")
    assert (note.original, note.total_minor, note.reason, note.source) == (
        invoice, 1000, "taille", f"credit:{order.pk}:{key}",
    )  # fmt: skip
    assert [(one["line"], one["quantity"]) for one in note.lines] == [(line.pk, 1)]
    assert [(one["method"], one["amount_minor"]) for one in note.settlements] == [("Espèces", 1000)]
    back_at_desk(order, {line.pk: 1})
    back_at_till(session, order, {line.pk: 1})
    notes = Invoice.objects.filter(kind="credit_note")
    assert sum(one.total_minor for one in notes) == invoice.total_minor == 3000
    assert sum(one.tax_minor for one in notes) == invoice.tax_minor
    assert notes.count() == 2


def test_nothing_is_due_again_of_a_sale_that_came_back(tenant: Tenant) -> None:
    session = make_session()
    order, _cloth = made_sale(session)
    back_at_till(session, order, {order.lines.get().pk: 1})
    order.refresh_from_db()
    assert (order.refunded_minor, due_of(order), owed_of(order)) == (1000, 0, 0)


def test_a_return_without_an_invoice_makes_no_credit_note(tenant: Tenant) -> None:
    session = make_session()
    order, _cloth = made_sale(session)
    back_at_till(session, order, {order.lines.get().pk: 1})
    assert not Invoice.objects.exists()


def test_the_database_refuses_money_without_a_till(tenant: Tenant) -> None:
    from django.db import IntegrityError, transaction

    session = make_session()
    order, _cloth = made_sale(session)
    for fields in (
        {"amount_minor": 5},
        {"method": "cash"},
        {"session": session},
        {"session": session, "amount_minor": 1, "method": "x"},
    ):
        with pytest.raises(IntegrityError, match="store_return_money"), transaction.atomic():
            Return.objects.create(order=order, reason="x", **fields)
    assert not OrderLine.objects.filter(returned__gt=0).exists()
    assert not TillPayment.objects.filter(amount_minor__lt=0).exists()
