"""What happens to an order once it is confirmed: prepared, sent, delivered, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Location, Order, OrderLine, Return, ReturnLine, Shipment, ShipmentLine
from tenant_apps.store.selectors.orders import due_of
from tenant_apps.store.services import stock
from tenant_apps.store.services.cancelling import leave_unpaid
from tenant_apps.store.services.form_keys import key_used, made_once
from tenant_apps.store.services.invoices import issue_invoice
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
MAY_BE_SENT = (Status.CONFIRMED, Status.PREPARING, Status.SHIPPED)


@transaction.atomic
def prepare_order(*, order_id: UUID, by: User) -> Order:
    """Somebody begins to prepare a confirmed order. Locks it; one transaction. Doing it again changes nothing."""
    order = lock_order(order_id)
    if order.status == Status.PREPARING:
        return order
    check_status(order, Status.CONFIRMED)
    return set_status(order, Status.PREPARING, "preparing", action="store.order.preparing", by=by)


@transaction.atomic
def settle_shortage(*, order_id: UUID, by: User) -> Order:
    """Set the goods aside that were not there when the order was paid. Locks the order and its levels; one transaction.

    Raises OutOfStock while something is still missing.
    """
    order = lock_order(order_id)
    if order.is_short and (shortages := set_goods_aside(order=order, by=by)):
        raise stock.OutOfStock(shortages)
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
    check_status(order, *MAY_BE_SENT)
    if order.is_short:
        raise Conflict("order_short", _("Not all goods of this order are in stock. Settle that first."))
    lines = chosen_lines(order, pieces, left=lambda line: line.quantity - line.shipped)
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
        set_status(order, Status.SHIPPED, "sent", action="store.order.sent", by=by, **sent)
    else:
        note_event(order, "sent", by=by, **sent)
        record_change(order, "store.order.sent_in_part", by=by, after=sent)
    tell_of_order(order, "sent", occasion=str(shipment.pk), carrier=carrier, tracking=tracking, whole=whole)
    return shipment


@transaction.atomic
def deliver_order(*, order_id: UUID, by: User) -> Order:
    """The customer has all the goods, and an invoice of them. Locks the order, then the year's counter of invoices; one
    transaction. Doing it again changes nothing."""
    order = lock_order(order_id)
    if order.status == Status.DELIVERED:
        return order
    check_status(order, Status.SHIPPED)
    Order.objects.filter(pk=order.pk).update(delivered_at=timezone.now())
    order = set_status(order, Status.DELIVERED, "delivered", action="store.order.delivered", by=by)
    issue_invoice(order=order, by=by)
    return order


@transaction.atomic
def take_back(
    *, order_id: UUID, key: UUID, pieces: Mapping[int, int], reason: str, location: Location | None, by: User
) -> Return:
    """Note goods that came back, and put them on sale again at a `location` (None: they cannot be sold). Locks the order
    and its levels, and the year's counter of credit notes; one transaction. Giving the money back is a refund of its own, or
    of a sale at a till `take_back_at_till`; what came back before the order was paid is not to be paid any more.

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
    was_due = bool(due_of(order))
    back: Return = made_once(Return, key, {"order": order, "reason": reason.strip(), "actor": by})
    book_returned(back, lines, location=location, by=by)
    goods = [called(line, quantity) for line, quantity in lines]
    returned = {"pieces": sum(quantity for _line, quantity in lines), "reason": back.reason}
    note_event(order, "not_accepted" if was_due else "returned", by=by, goods=goods, **returned)
    record_change(order, "store.order.returned", by=by, after=returned)
    if was_due:
        leave_unpaid(order=order, lines=lines, reason=back.reason, key=key, by=by)
    return back


def pieces_of(made: Shipment | Return) -> dict[int, int]:
    """The lines of a shipment or return, by their ids, and how many pieces. One query."""
    return dict(made.lines.values_list("line", "quantity"))


def places_of(back: Return) -> set[int | None]:
    """Where the pieces of a return were put, by the ids of the places; None: nowhere, they cannot be sold. One query."""
    return set(back.lines.values_list("location", flat=True))


def pieces_to_return(order: Order, pieces: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    """The lines of an order with how many pieces of each come back, within what left the shop and has not come back yet: the
    one limit, whichever way they come. Needs the order's lock. Raises DomainError (`pieces_none`, `pieces_too_many`)."""
    return chosen_lines(order, pieces, left=lambda line: line.shipped - line.returned)


def book_returned(back: Return, lines: Sequence[tuple[OrderLine, int]], *, location: Location | None, by: User) -> None:
    """Write down the pieces of a return, and put them on sale again at a `location`. In the transaction that holds the
    order's lock; locks the levels together."""
    ReturnLine.objects.bulk_create(
        ReturnLine(back=back, line=line, quantity=quantity, location=location) for line, quantity in lines
    )
    for line, quantity in lines:
        OrderLine.objects.filter(pk=line.pk).update(returned=F("returned") + quantity)
    counted = counted_pieces(lines)
    if location and counted:
        stock.take_back_all(location=location, pieces=counted, reference=back.order.number, by=by)
