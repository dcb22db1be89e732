"""Goods of a past sale that come back over the counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Order, OrderLine, Return, TillPayment
from tenant_apps.store.models.till import Method
from tenant_apps.store.rules.invoicing import Paid
from tenant_apps.store.selectors.orders import owed_of
from tenant_apps.store.services.form_keys import key_used, made_once
from tenant_apps.store.services.fulfilment import book_returned, pieces_of, pieces_to_return, places_of
from tenant_apps.store.services.invoices import issue_credit_note
from tenant_apps.store.services.orders import lock_order, note_event, wanted_of
from tenant_apps.store.services.till import check_cash_there, check_session_open, lock_session
from tenant_apps.store.texts.till import METHODS

Lines = Sequence[tuple[OrderLine, int]]


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
) -> Return:
    """Take pieces of some lines (by their ids) of a sale at a till back, and give back exactly what was paid for them, with
    what is still owed for pieces that came back on the order's page; no pieces, where only that is to be given. A credit
    note follows where the sale was invoiced.

    The same `key` again returns the return already made. Locks the session, the order, the levels by id, and the year's
    counter of credit notes; one transaction. Raises Conflict (`session_closed`, `not_a_till_sale`, `key_used`) and DomainError
    (`pieces_none`, `pieces_too_many`, `reason_missing`, `method_unknown`, `cash_missing`).
    """
    if not reason.strip():
        raise DomainError("reason_missing", _("Say why the goods came back."), field="reason")
    if method not in Method.values:
        raise DomainError("method_unknown", _("Choose how the money is given back."), field="method")
    session = lock_session(session_id)
    made = Return.objects.filter(pk=key).first()
    if made:
        _check_same(made, (order_id, session_id, method, reason.strip()[:300], wanted_of(pieces)), restock=restock)
        return made
    check_session_open(session)
    order = lock_order(order_id)
    if order.channel != Order.Channel.TILL:
        raise Conflict("not_a_till_sale", _("This was ordered online. Take it back on the page of the order."))
    owed = owed_of(order)
    lines = [] if owed and not any(pieces.values()) else pieces_to_return(order, pieces)
    amount = owed + sum(line.unit_minor * quantity for line, quantity in lines)
    if method == Method.CASH:
        check_cash_there(session, amount)
    values = {"order": order, "session": session, "method": method, "amount_minor": amount, "actor": by}
    back: Return = made_once(Return, key, {**values, "reason": reason.strip()[:300]})
    book_returned(back, lines, location=session.register.location if restock else None, by=by)
    _give_back(back, amount)
    _tell(back, lines, restock, by)
    credit_return(back=back, pieces=None if owed else {line.pk: quantity for line, quantity in lines}, by=by)
    return back


def _check_same(made: Return, sent: tuple[UUID, UUID, str, str, dict[int, int]], *, restock: bool) -> None:
    """Raise Conflict (`key_used`) where a return is not what is sent now: the order, the session, how the money goes back,
    why, and the pieces by their lines."""
    said = (made.order_id, made.session_id, made.method, made.reason, pieces_of(made))
    was_put_back = places_of(made) - {None}
    if said != sent or (sent[-1] and bool(was_put_back) != restock):
        raise key_used()


def credit_return(*, back: Return, pieces: Mapping[int, int] | None, by: User | None) -> None:
    """Credit what a return at a till gave back, over its `pieces` or (None) its amount, where the sale has an invoice; once a
    return. In the caller's transaction, last: locks the order and the counter of the year."""
    order = back.order
    amount = Money(back.amount_minor or 0, order.currency)
    if not amount:
        return
    with translation.override(order.locale):
        given = Paid(str(METHODS[back.method]), amount, timezone.localdate())
    issue_credit_note(
        order=order, reason=back.reason, key=str(back.pk), pieces=pieces, amount=None if pieces else amount,
        paid_back=[given], by=by,
    )  # fmt: skip


def _give_back(back: Return, amount: int) -> None:
    if not amount:
        return
    Order.objects.filter(pk=back.order_id).update(refunded_minor=F("refunded_minor") + amount)
    TillPayment.objects.create(order=back.order, session=back.session, method=back.method, amount_minor=-amount)


def _tell(back: Return, lines: Lines, restock: bool, by: User) -> None:
    pieces = sum(quantity for _line, quantity in lines)
    kind = "returned" if pieces else "refunded"
    note_event(back.order, kind, by=by, minor=back.amount_minor, method=back.method, pieces=pieces, reason=back.reason)
    told: dict[str, Any] = {"pieces": pieces, "reason": back.reason, "amount_minor": back.amount_minor}
    record(action="store.till.returned", category=AuditCategory.ORDER, resource=back.order, actor=by,
           after={**told, "method": back.method, "restocked": restock})  # fmt: skip
