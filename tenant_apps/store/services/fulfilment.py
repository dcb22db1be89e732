"""What happens to an order once it is confirmed: prepared, sent, delivered, cancelled, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Location, Order, OrderLine, Return, ReturnLine, Shipment, ShipmentLine
from tenant_apps.store.services import stock
from tenant_apps.store.services.form_keys import key_used, made_once
from tenant_apps.store.services.invoices import issue_invoice
from tenant_apps.store.services.order_mail import tell_of_order
from tenant_apps.store.services.orders import lock_order, note_event

Status = Order.Status
MAY_BE_SENT = (Status.CONFIRMED, Status.PREPARING, Status.SHIPPED)
MAY_BE_CANCELLED = (Status.PENDING, Status.CONFIRMED, Status.PREPARING)


@transaction.atomic
def prepare_order(*, order_id: UUID, by: User) -> Order:
    """Somebody begins to prepare a confirmed order. Locks it; one transaction. Doing it again changes nothing."""
    order = lock_order(order_id)
    if order.status == Status.PREPARING:
        return order
    _check_status(order, Status.CONFIRMED)
    return _move(order, Status.PREPARING, "preparing", action="store.order.preparing", by=by)


@transaction.atomic
def settle_shortage(*, order_id: UUID, by: User) -> Order:
    """Set the goods aside that were not there when the order was paid. Locks the order and its levels; one transaction.

    Raises OutOfStock while something is still missing.
    """
    order = lock_order(order_id)
    if not order.is_short:
        return order
    shortages = stock.sell(order=order, by=by)
    if shortages:
        raise stock.OutOfStock(shortages)
    Order.objects.filter(pk=order.pk).update(is_short=False)
    order.is_short = False
    note_event(order, "settled", by=by)
    record(action="store.order.settled", category=AuditCategory.ORDER, resource=order, actor=by,
           before={"is_short": True}, after={"is_short": False})  # fmt: skip
    return order


@transaction.atomic
def ship_order(
    *, order_id: UUID, key: UUID, pieces: Mapping[int, int], carrier: str = "", tracking: str = "", by: User
) -> Shipment:
    """Send pieces of some lines (by their ids), all of the order or a part of it. Locks the order; one transaction.

    The same `key` again returns the shipment already made. Raises DomainError (`pieces`) for nothing or for more than is
    left to send, Conflict for an order that cannot be sent, or a `key` of something else (`key_used`).
    """
    order = lock_order(order_id)
    made = Shipment.objects.filter(pk=key).first()
    if made:
        said = (made.order_id, made.carrier, made.tracking, pieces_of(made))
        if said != (order.pk, carrier, tracking, wanted_of(pieces)):
            raise key_used()
        return made
    _check_status(order, *MAY_BE_SENT)
    if order.is_short:
        raise Conflict("order_short", _("Not all goods of this order are in stock. Settle that first."))
    lines = _chosen(order, pieces, left=lambda line: line.quantity - line.shipped)
    values = {"order": order, "carrier": carrier, "tracking": tracking, "actor": by}
    shipment: Shipment = made_once(Shipment, key, values)
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, line=line, quantity=quantity) for line, quantity in lines
    )
    for line, quantity in lines:
        OrderLine.objects.filter(pk=line.pk).update(shipped=F("shipped") + quantity)
    whole = not order.lines.filter(shipped__lt=F("quantity")).exists()
    sent = {"pieces": sum(quantity for _line, quantity in lines), "carrier": carrier, "tracking": tracking}
    if whole and order.status != Status.SHIPPED:
        _move(order, Status.SHIPPED, "sent", action="store.order.sent", by=by, **sent)
    else:
        note_event(order, "sent", by=by, **sent)
        _record(order, "store.order.sent_in_part", by=by, after=sent)
    tell_of_order(order, "sent", occasion=str(shipment.pk), carrier=carrier, tracking=tracking, whole=whole)
    return shipment


@transaction.atomic
def deliver_order(*, order_id: UUID, by: User) -> Order:
    """The customer has all the goods, and an invoice of them. Locks the order, then the year's counter of invoices; one
    transaction. Doing it again changes nothing."""
    order = lock_order(order_id)
    if order.status == Status.DELIVERED:
        return order
    _check_status(order, Status.SHIPPED)
    Order.objects.filter(pk=order.pk).update(delivered_at=timezone.now())
    order = _move(order, Status.DELIVERED, "delivered", action="store.order.delivered", by=by)
    issue_invoice(order=order, by=by)
    return order


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
    _check_status(order, *MAY_BE_CANCELLED)
    if order.lines.filter(shipped__gt=0).exists():
        raise Conflict("order_sent", _("Part of this order was sent already. Take it back instead."))
    if order.status == Status.PENDING or order.is_short:
        stock.release(order=order)
    else:
        stock.put_back(order=order, by=by)
    Order.objects.filter(pk=order.pk).update(
        cancelled_at=timezone.now(), cancel_reason=reason, holds_until=None, is_short=False
    )
    order = _move(order, Status.CANCELLED, kind, action="store.order.cancelled", by=by, reason=reason)
    if kind != "replaced":
        tell_of_order(order, "cancelled", reason=reason, paid=bool(order.paid_minor - order.refunded_minor))
    return order


@transaction.atomic
def take_back(
    *, order_id: UUID, key: UUID, pieces: Mapping[int, int], reason: str, location: Location | None, by: User
) -> Return:
    """Note goods that came back, and put them on sale again at a `location` (None: they cannot be sold). Locks the order
    and its levels; one transaction. Giving the money back is a refund of its own, or of a sale at a till `take_back_at_till`.

    The same `key` again returns the return already made. Raises DomainError (`pieces`, `reason`) and Conflict (`key_used`).
    """
    order = lock_order(order_id)
    made = Return.objects.filter(pk=key).first()
    if made:
        said = (made.order_id, made.session_id, made.reason, pieces_of(made))
        if said != (order.pk, None, reason.strip(), wanted_of(pieces)) or places_of(made) != {location and location.pk}:
            raise key_used()
        return made
    if not reason.strip():
        raise DomainError("reason_required", _("Say why the goods came back."), field="reason")
    lines = pieces_to_return(order, pieces)
    back: Return = made_once(Return, key, {"order": order, "reason": reason.strip(), "actor": by})
    book_returned(back, lines, location=location, by=by)
    returned = {"pieces": sum(quantity for _line, quantity in lines), "reason": back.reason}
    note_event(order, "returned", by=by, **returned)
    _record(order, "store.order.returned", by=by, after=returned)
    return back


def wanted_of(pieces: Mapping[int, int]) -> dict[int, int]:
    """The lines of which any pieces are asked for, by their ids, and how many."""
    return {line: quantity for line, quantity in pieces.items() if quantity > 0}


def pieces_of(made: Shipment | Return) -> dict[int, int]:
    """The lines of a shipment or return, by their ids, and how many pieces. One query."""
    return dict(made.lines.values_list("line", "quantity"))


def places_of(back: Return) -> set[int | None]:
    """Where the pieces of a return were put, by the ids of the places; None: nowhere, they cannot be sold. One query."""
    return set(back.lines.values_list("location", flat=True))


def pieces_to_return(order: Order, pieces: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    """The lines of an order with how many pieces of each come back, within what left the shop and has not come back yet: the
    one limit, whichever way they come. Needs the order's lock. Raises DomainError (`pieces_none`, `pieces_too_many`)."""
    return _chosen(order, pieces, left=lambda line: line.shipped - line.returned)


def book_returned(back: Return, lines: Sequence[tuple[OrderLine, int]], *, location: Location | None, by: User) -> None:
    """Write down the pieces of a return, and put them on sale again at a `location`. In the transaction that holds the
    order's lock; locks the levels together."""
    ReturnLine.objects.bulk_create(
        ReturnLine(back=back, line=line, quantity=quantity, location=location) for line, quantity in lines
    )
    counted: dict[int, int] = {}
    for line, quantity in lines:
        OrderLine.objects.filter(pk=line.pk).update(returned=F("returned") + quantity)
        if line.counts_stock and line.variant_id is not None:
            counted[line.variant_id] = counted.get(line.variant_id, 0) + quantity
    if location and counted:
        stock.take_back_all(location=location, pieces=counted, reference=back.order.number, by=by)


def _move(order: Order, to: str, kind: str, *, action: str, by: User | None, **data: Any) -> Order:
    """Change the state of an order whose row is locked, with its history and its audit entry."""
    before = order.status
    Order.objects.filter(pk=order.pk).update(status=to)
    order.refresh_from_db()
    note_event(order, kind, by=by, **data)
    record(action=action, category=AuditCategory.ORDER, resource=order, actor=by,
           before={"status": before}, after={"status": to, **data})  # fmt: skip
    return order


def _record(order: Order, action: str, *, by: User | None, after: dict[str, Any]) -> None:
    record(action=action, category=AuditCategory.ORDER, resource=order, actor=by, after=after)


def _check_status(order: Order, *allowed: str) -> None:
    if order.status not in allowed:
        raise Conflict("order_moved_on", _("This order has moved on meanwhile. Look at it once more."))


def _chosen(order: Order, pieces: Mapping[int, int], *, left: Any) -> list[tuple[OrderLine, int]]:
    """The lines of an order with how many pieces were asked for, each within what is left of it."""
    lines = {line.pk: line for line in order.lines.select_related("variant__product")}
    chosen = [(lines[pk], quantity) for pk, quantity in pieces.items() if pk in lines and quantity > 0]
    if not chosen:
        raise DomainError("pieces_none", _("Choose at least one piece."), field="pieces")
    for line, quantity in chosen:
        if quantity > left(line):
            message = _("Of “%(line)s” at most %(left)s can be chosen.") % {
                "line": line.product_name,
                "left": left(line),
            }
            raise DomainError("pieces_too_many", message, field="pieces")
    return sorted(chosen, key=lambda one: one[0].variant_id or 0)
