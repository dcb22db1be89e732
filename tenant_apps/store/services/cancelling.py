"""Orders that end, or get smaller, before their goods are with the customer: cancelled whole, cancelled in part, not accepted.

What is cancelled of an order that goes on leaves its lines and its sums: what is to be paid, given back, invoiced and counted
as a sale follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Order, OrderLine
from tenant_apps.store.rules.invoicing import is_to_be_invoiced
from tenant_apps.store.rules.totals import PricedLine, totals_of
from tenant_apps.store.selectors.orders import due_of, owed_of, sale_of
from tenant_apps.store.services import stock
from tenant_apps.store.services.form_keys import booked_before
from tenant_apps.store.services.invoices import issue_credit_note, issue_invoice
from tenant_apps.store.services.order_mail import tell_of_order
from tenant_apps.store.services.orders import (
    called,
    check_status,
    chosen_lines,
    counted_pieces,
    lock_order,
    note_event,
    record_change,
    set_goods_aside,
    set_status,
    wanted_of,
)

Status = Order.Status
Lines = Sequence[tuple[OrderLine, int]]
MAY_BE_CANCELLED = (Status.PENDING, Status.CONFIRMED, Status.PREPARING)
MAY_BE_REDUCED = (Status.CONFIRMED, Status.PREPARING)


@transaction.atomic
def cancel_order(
    *, order_id: UUID, reason: str, by: User | None, kind: str = "cancelled", only_unpaid: bool = False
) -> Order:
    """Cancel an order that was not sent yet: its goods are on sale again. What was paid has to be given back by a refund.

    Locks the order and its levels; one transaction. Doing it again changes nothing. Raises Conflict once goods have left,
    and with `only_unpaid` once any money has come.
    """
    order = lock_order(order_id)
    if order.status == Status.CANCELLED:
        return order
    if only_unpaid and (order.paid_minor or order.status != Status.PENDING):
        raise Conflict("order_paid", _("This order is paid meanwhile."))
    check_status(order, *MAY_BE_CANCELLED)
    lines = list(order.lines.all())
    if any(line.shipped for line in lines):
        raise Conflict("order_sent", _("Part of this order was sent already. Cancel what was not sent instead."))
    if order.status == Status.PENDING or order.is_short:
        stock.release(order=order)
    else:
        stock.put_back(order=order, pieces=counted_pieces((line, line.quantity) for line in lines), by=by)
    return _end(order, reason=reason, kind=kind, by=by)


@transaction.atomic
def cancel_pieces(*, order_id: UUID, key: UUID, pieces: Mapping[int, int], reason: str, by: User) -> Order:
    """Cancel pieces of some lines (by their ids) that were not sent: they are on sale again, and the order is that much smaller.
    One whose other goods were all sent is thereby sent whole; one of which nothing would be left is cancelled. What was paid
    for them has to be given back by a refund, and is credited at once where there is an invoice.

    Locks the order, its levels, and the year's counter of credit notes; one transaction. The same `key` again changes nothing.
    Raises DomainError (`pieces_none`, `pieces_too_many`, `reason_required`) and Conflict (`order_moved_on`, `key_used`).
    """
    order = lock_order(order_id)
    said = {str(line): number for line, number in wanted_of(pieces).items()}
    if booked_before(key, form="cancel_pieces", order=str(order.pk), pieces=said, reason=reason.strip()):
        return order
    check_status(order, *MAY_BE_REDUCED)
    if not reason.strip():
        raise DomainError("reason_required", _("Say why: the customer reads it."), field="reason")
    lines = chosen_lines(order, pieces, left=lambda line: line.quantity - line.shipped)
    if sum(number for _line, number in lines) == sum(line.quantity for line in order.lines.all()):
        return cancel_order(order_id=order.pk, reason=reason.strip(), by=by)
    due, sale = due_of(order), sale_of(order)
    _take_out(order, lines)
    told = {
        "goods": [called(line, number) for line, number in lines],
        "minor": _worth(lines),
        "reason": reason.strip(),
    }
    if order.lines.filter(shipped__lt=F("quantity")).exists():
        note_event(order, "reduced", by=by, **told)
        record_change(order, "store.order.reduced", by=by, after=told)
    else:
        set_status(order, Status.SHIPPED, "reduced", action="store.order.reduced", by=by, **told)
    _free_goods(order, lines, by=by)
    _tell_reduced(order, key, told)
    _settle_papers(order, lines, due=due, sale=sale, reason=reason.strip(), key=key, by=by)
    return order


def leave_unpaid(*, order: Order, lines: Lines, reason: str, key: UUID, by: User) -> None:
    """What came back of an order before it was paid is not to be paid any more; one that came back whole is cancelled.

    In the caller's transaction, which holds the order's row and has booked the return; locks the year's counter of credit notes.
    """
    due, sale = due_of(order), sale_of(order)
    if any(line.quantity > line.returned for line in order.lines.all()):
        _take_out(order, lines, came_back=True)
        _settle_papers(order, lines, due=due, sale=sale, reason=reason, key=key, by=by)
        return
    _end(order, reason=reason, kind="cancelled", by=by)
    # What was paid of it is credited when it is given back.
    unpaid = None if due == order.total_minor else Money(due, order.currency)
    issue_credit_note(order=order, reason=reason, key=str(key), amount=unpaid, by=by)


def _end(order: Order, *, reason: str, kind: str, by: User | None) -> Order:
    Order.objects.filter(pk=order.pk).update(
        cancelled_at=timezone.now(), cancel_reason=reason, holds_until=None, is_short=False
    )
    order = set_status(order, Status.CANCELLED, kind, action="store.order.cancelled", by=by, reason=reason)
    if kind != "replaced":
        tell_of_order(order, "cancelled", reason=reason, paid=bool(order.paid_minor - order.refunded_minor))
    return order


def _take_out(order: Order, lines: Lines, *, came_back: bool = False) -> None:
    """Take pieces out of an order's lines (and out of what was sent, where they came back) and out of its sums."""
    for line, number in lines:
        less = ("quantity", "shipped", "returned") if came_back else ("quantity",)
        change = {name: F(name) - number for name in less}
        OrderLine.objects.filter(pk=line.pk).update(cancelled=F("cancelled") + number, **change)
    priced = [PricedLine(one.list_minor, one.unit_minor, one.quantity) for one in OrderLine.objects.filter(order=order)]
    sums = totals_of(priced, delivery=order.delivery_minor, tax_rate_bp=order.tax_rate_bp)
    Order.objects.filter(pk=order.pk).update(
        items_minor=sums.items, discount_minor=sums.discount, total_minor=sums.total, tax_minor=sums.tax
    )
    order.refresh_from_db()


def _free_goods(order: Order, lines: Lines, *, by: User) -> None:
    """Put cancelled pieces on sale again; an order that was short of no more than them has all its goods now."""
    if order.is_short:
        set_goods_aside(order=order, by=by)
    else:
        stock.put_back(order=order, pieces=counted_pieces(lines), by=by)


def _settle_papers(order: Order, lines: Lines, *, due: int, sale: int, reason: str, key: UUID, by: User) -> None:
    """Credit what an order is less as a sale than it was (`sale`), and invoice one that is thereby paid whole, of which `due`
    was open."""
    less = sale - sale_of(order)
    if less == _worth(lines):
        pieces = {line.pk: number for line, number in lines}
        issue_credit_note(order=order, reason=reason, key=str(key), pieces=pieces, by=by)
    elif less > 0:
        issue_credit_note(order=order, reason=reason, key=str(key), amount=Money(less, order.currency), by=by)
    if due and order.paid_minor and not due_of(order):
        note_event(order, "paid", by=by)
        if is_to_be_invoiced(order):
            issue_invoice(order=order, by=by)


def _tell_reduced(order: Order, key: UUID, told: Mapping[str, object]) -> None:
    owed = Money(owed_of(order), order.currency)
    shown = owed.display(order.locale) if owed else ""
    tell_of_order(order, "reduced", occasion=str(key), goods=told["goods"], reason=told["reason"], owed=shown)


def _worth(lines: Lines) -> int:
    return sum(line.unit_minor * number for line, number in lines)
