"""Goods of a past sale that come back over the counter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Order, OrderEvent, OrderLine, TillPayment, TillReturn, TillSession
from tenant_apps.store.models.till import Method
from tenant_apps.store.services import stock
from tenant_apps.store.services.till import check_cash_there, check_session_open, lock_session


@transaction.atomic
def take_back_at_till(
    *,
    session_id: UUID,
    key: UUID,
    order_id: UUID,
    pieces: Mapping[int, int],
    method: str,
    reason: str,
    restock: bool,
    by: User,
) -> TillReturn:
    """Take pieces of some lines (by their ids) of a sale at a till back, and give back exactly what was paid for them.

    The same `key` again returns the return already made. Locks the session, the order and the levels by id; one transaction.
    Raises Conflict (`session_closed`, `not_a_till_sale`) and DomainError (`pieces_none`, `pieces_too_many`,
    `reason_missing`, `method_unknown`, `cash_missing`).
    """
    if not reason.strip():
        raise DomainError("reason_missing", _("Say why the goods came back."), field="reason")
    if method not in Method.values:
        raise DomainError("method_unknown", _("Choose how the money is given back."), field="method")
    session = lock_session(session_id)
    made = TillReturn.objects.filter(pk=key, order=order_id).first()
    if made:
        return made
    check_session_open(session)
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.channel != Order.Channel.TILL:
        raise Conflict("not_a_till_sale", _("This was ordered online. Take it back on the page of the order."))
    chosen = _chosen(order, pieces)
    amount = sum(line.unit_minor * quantity for line, quantity in chosen)
    if method == Method.CASH:
        check_cash_there(session, amount)
    _book(order, chosen, amount)
    back = TillReturn.objects.create(
        pk=key, session=session, order=order, amount_minor=amount, method=method, reason=reason.strip()[:300], actor=by,
        location=session.register.location if restock else None,
        lines=[{"line": one.pk, "quantity": quantity, "unit_minor": one.unit_minor} for one, quantity in chosen],
    )  # fmt: skip
    if amount:
        TillPayment.objects.create(order=order, session=session, method=method, amount_minor=-amount)
    if restock:
        _restock(session, order, chosen, by)
    _tell(order, back, chosen, by)
    return back


def _chosen(order: Order, pieces: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    """The lines with how many pieces of each come back, within what was sold and has not come back yet."""
    lines = {line.pk: line for line in order.lines.all()}
    chosen = [(lines[pk], quantity) for pk, quantity in pieces.items() if pk in lines and quantity > 0]
    if not chosen:
        raise DomainError("pieces_none", _("Choose at least one piece."), field="pieces")
    for line, quantity in chosen:
        left = line.shipped - line.returned
        if quantity > left:
            words = {"line": line.product_name, "left": left}
            text = _("Of “%(line)s” at most %(left)s can come back.") % words
            raise DomainError("pieces_too_many", text, field="pieces")
    return chosen


def _book(order: Order, chosen: list[tuple[OrderLine, int]], amount: int) -> None:
    for line, quantity in chosen:
        OrderLine.objects.filter(pk=line.pk).update(returned=F("returned") + quantity)
    Order.objects.filter(pk=order.pk).update(refunded_minor=F("refunded_minor") + amount)


def _restock(session: TillSession, order: Order, chosen: list[tuple[OrderLine, int]], by: User) -> None:
    """Put what counts stock back where the register stands, in one call: its levels are locked together."""
    pieces: dict[int, int] = {}
    for line, quantity in chosen:
        if line.counts_stock and line.variant_id is not None:
            pieces[line.variant_id] = pieces.get(line.variant_id, 0) + quantity
    if pieces:
        stock.take_back_all(location=session.register.location, pieces=pieces, reference=order.number, by=by)


def _tell(order: Order, back: TillReturn, chosen: list[tuple[OrderLine, int]], by: User) -> None:
    pieces = sum(quantity for _line, quantity in chosen)
    told: dict[str, Any] = {"pieces": pieces, "reason": back.reason, "amount_minor": back.amount_minor}
    OrderEvent.objects.create(order=order, kind="returned", actor=by, data=told)
    record(action="store.till.returned", category=AuditCategory.ORDER, resource=order, actor=by,
           after={**told, "method": back.method, "restocked": back.location_id is not None})  # fmt: skip
