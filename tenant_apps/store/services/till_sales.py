"""Sales that devices send: each becomes one order, however often and in whatever state of the network it arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.accounts.phones import parse_phone
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from tenant_apps.store.models import (
    Order,
    OrderEvent,
    OrderLine,
    Register,
    Shop,
    TillPayment,
    TillSale,
    TillSession,
    TillTask,
    Variant,
)
from tenant_apps.store.rules.offers import Price
from tenant_apps.store.rules.till_payload import Sold, SoldLine, read_sale, says_offline
from tenant_apps.store.rules.till_sums import in_parts
from tenant_apps.store.rules.totals import PricedLine, totals_of
from tenant_apps.store.selectors.prices import person_of, price_many
from tenant_apps.store.services import stock
from tenant_apps.store.services.numbers import number_order, provisional_number
from tenant_apps.store.services.till import check_session_open, lock_session, note_late_money
from tenant_apps.team.selectors import permissions_of

State = TillSale.State
Kind = TillTask.Kind
NO_TIME = timedelta(0)
ABOUT_THE_CUSTOMER = ("customer", "name", "phone")


@dataclass(slots=True)
class _Case:
    """A sale while it is being booked, with what is known of it."""

    sale: TillSale
    sold: Sold
    session: TillSession
    by: User  # who is logged in on the device that sends it
    seller: User  # who was when it was made
    customer: User | None
    variants: Mapping[UUID, Variant]
    prices: Mapping[int, Price]
    shop: Shop
    phone: str


def record_sale(
    *, register: Register, uuid: UUID, payload: Any, by: User, clock_error: timedelta = NO_TIME
) -> TillSale:
    """Book a sale that a device sends, exactly once: the same `uuid` again returns the sale already made.

    `clock_error` is how far the device's clock is ahead. A sale made online must be right by the prices, the stock and the
    permissions of now, else DomainError is raised (Conflict `price_changed`, `session_closed`; OutOfStock; NotAllowed) and
    nothing is kept. One made offline has happened: it is booked as it was charged, with a task for each thing that is not
    as it should be; where no order can be made of it, what was sent is kept, refused, with a task.

    One transaction, or a second one for a refusal. Locks the session (so that the same sale sent twice at once waits), then
    levels by id, products and the day's row; `(register, uuid)` is unique behind that.
    """
    try:
        sold = read_sale(payload)
        return _book(register, uuid, payload, sold, by, clock_error)
    except DomainError as error:
        if not says_offline(payload):
            raise
        return _refuse(register, uuid, payload, error, by)


@transaction.atomic
def _book(register: Register, uuid: UUID, payload: Any, sold: Sold, by: User, clock_error: timedelta) -> TillSale:
    session = _session_of(register, sold)
    sale = _claim(register, uuid, payload, sold, session, by, clock_error)
    if sale.state != State.RECEIVED:
        return sale
    if not sold.offline:
        check_session_open(session)
    case = _look_up(sale, sold, session, by)
    tasks = _check(case)
    order = _make_order(case)
    tasks += _take_from_stock(case, order)
    number_order(order=order, day=timezone.localdate())
    _pay(case, order)
    sale.state, sale.order, sale.actor = State.ACCEPTED, order, case.seller
    # Who bought is on the order alone, where it is found when a person wants to be forgotten.
    sale.payload = {name: value for name, value in payload.items() if name not in ABOUT_THE_CUSTOMER}
    sale.difference_minor = sum(task.data.get("difference_minor", 0) for task in tasks)
    sale.save(update_fields=["state", "order", "actor", "payload", "difference_minor"])
    if not session.is_open:
        note_late_money(session=session)
        tasks.append(TillTask(kind=Kind.LATE, sale=sale))
    TillTask.objects.bulk_create(tasks)
    _tell(case, order, tasks)
    return sale


def _session_of(register: Register, sold: Sold) -> TillSession:
    """The session a sale belongs to, locked. An offline sale whose session is not known here goes to the register's last."""
    known = TillSession.objects.filter(pk=sold.session, register=register).exists()
    if known or not sold.offline:
        session = lock_session(sold.session)
        if session.register_id != register.pk:
            raise Conflict("session_unknown", _("This till was not opened here. Open it first."), field="session")
        return session
    last = register.sessions.order_by("-opened_at").values_list("pk", flat=True).first()
    if last is None:
        raise Conflict("session_unknown", _("This till was never opened."), field="session")
    return lock_session(last)


def _claim(
    register: Register, uuid: UUID, payload: Any, sold: Sold, session: TillSession, by: User, clock_error: timedelta
) -> TillSale:
    """The row of a sale: one that is there already, or a new one that no other transaction can make until this one ends."""
    row = TillSale(
        register=register,
        uuid=uuid,
        session=session,
        payload=payload,
        local_number=sold.local_number,
        is_offline=sold.offline,
        sold_at=_likely_moment(sold.sold_at - clock_error, session),
        actor=by,
    )
    TillSale.objects.bulk_create([row], ignore_conflicts=True)
    return TillSale.objects.get(register=register, uuid=uuid)


def _likely_moment(moment: datetime, session: TillSession) -> datetime:
    """The moment of a sale, brought into its session: devices' clocks are set by hand."""
    return max(session.opened_at, min(moment, session.closed_at or timezone.now()))


def _look_up(sale: TillSale, sold: Sold, session: TillSession, by: User) -> _Case:
    asked = {line.variant for line in sold.lines}
    found = Variant.objects.filter(public_id__in=asked).select_related("product")
    variants = {variant.public_id: variant for variant in found}
    customer = User.objects.filter(pk=sold.customer, is_staff=False).first() if sold.customer else None
    prices = price_many(list(variants.values()), person_of(customer), sale.sold_at if sold.offline else None)
    seller = User.objects.filter(pk=sold.seller, is_staff=True).first() if sold.seller not in (None, by.pk) else by
    shop = Shop.objects.get()
    return _Case(
        sale, sold, session, by, seller or by, customer, variants, prices, shop, phone=_phone(sold, region=shop.country)
    )


def _phone(sold: Sold, *, region: str) -> str:
    """The customer's number in E.164, one of `region` where it says none; nothing where an offline sale has one that is no
    number."""
    if not sold.phone:
        return ""
    try:
        return parse_phone(sold.phone, region=region)
    except DomainError as error:
        if sold.offline:
            return ""
        raise DomainError(error.code, error.message, field="phone") from None


def _check(case: _Case) -> list[TillTask]:
    """What is not as it should be: raised for a sale that can still be changed, a task for one that has happened."""
    gone = [line for line in case.sold.lines if line.variant not in case.variants]
    others = [(line, wanted) for line in case.sold.lines if (wanted := _other_price(case, line)) is not None]
    forbidden = _forbidden_discount(case)
    if not case.sold.offline:
        _raise_for(case, gone, others, forbidden)
        return []
    tasks = [TillTask(kind=Kind.GONE, sale=case.sale, data={"name": line.name}) for line in gone]
    tasks += [_price_task(case, line, wanted) for line, wanted in others]
    if forbidden:
        tasks.append(TillTask(kind=Kind.DISCOUNT, sale=case.sale, data={"discount_minor": _given(case.sold)}))
    return tasks


def _raise_for(
    case: _Case, gone: Sequence[SoldLine], others: Sequence[tuple[SoldLine, int]], forbidden: DomainError | None
) -> None:
    if gone:
        text = _("“%(name)s” is no longer sold. Take it out of the sale.") % {"name": gone[0].name}
        raise Conflict("variant_gone", text, extra={"variants": [str(line.variant) for line in gone]})
    if others:
        text = _("The price of “%(name)s” has changed. Look at the sale once more.") % {"name": others[0][0].name}
        raise Conflict("price_changed", text, extra={"prices": _prices_told(case, others)})
    if forbidden:
        raise forbidden


def _prices_told(case: _Case, others: Sequence[tuple[SoldLine, int]]) -> dict[str, list[Any]]:
    """By variant, what the price list says: before everything, what is paid, and why."""
    told = {line.variant: case.prices[case.variants[line.variant].pk] for line, _wanted in others}
    return {
        str(variant): [price.list_minor, price.final_minor, price.why.name if price.why else ""]
        for variant, price in told.items()
    }


def _other_price(case: _Case, line: SoldLine) -> int | None:
    """What a piece costs by the price list, where something else was charged."""
    variant = case.variants.get(line.variant)
    price = case.prices[variant.pk].final_minor if variant else line.charged.unit_minor
    return price if price != line.charged.unit_minor else None


def _price_task(case: _Case, line: SoldLine, wanted: int) -> TillTask:
    difference = (line.charged.unit_minor - wanted) * line.charged.quantity
    data = {"charged_minor": line.charged.unit_minor, "expected_minor": wanted, "quantity": line.charged.quantity,
            "difference_minor": difference}  # fmt: skip
    return TillTask(kind=Kind.PRICE, sale=case.sale, variant=case.variants[line.variant], data=data)


def _forbidden_discount(case: _Case) -> DomainError | None:
    """Why what was taken off by hand may not be, or None. It needs a permission and, each time, a reason."""
    given = [(line.charged.discount_minor, line.reason) for line in case.sold.lines]
    given.append((case.sold.discount_minor, case.sold.discount_reason))
    reasons = [reason for minor, reason in given if minor]
    if not reasons:
        return None
    if not all("store.give_discounts" in permissions_of(person) for person in (case.by, case.seller)):
        return NotAllowed("discount_not_allowed", _("You may not give discounts. Ask somebody who may."))
    if not all(reasons):
        return DomainError("reason_missing", _("Say why there is a discount."), field="discount_reason")
    return None


def _given(sold: Sold) -> int:
    return sold.discount_minor + sum(line.charged.discount_minor for line in sold.lines)


def _make_order(case: _Case) -> Order:
    """The order and its lines, not numbered yet: the day's row is locked last."""
    sold, moment, shop = case.sold, case.sale.sold_at, case.shop
    lines = _order_lines(case)
    totals = totals_of(
        [PricedLine(line.list_minor, line.unit_minor, line.quantity) for line in lines], tax_rate_bp=shop.tax_rate_bp
    )
    assert totals.total == sold.total_minor, "the parts of a sale are its total"
    order = Order.objects.create(
        number=provisional_number(case.sale.uuid),
        channel=Order.Channel.TILL,
        status=Order.Status.DELIVERED,
        user=case.customer,
        name=sold.name or (case.customer.get_full_name() if case.customer else ""),
        phone=case.phone,
        email=case.customer.email if case.customer else "",
        staff_note=sold.phone if sold.phone and not case.phone else "",
        currency=shop.currency,
        items_minor=totals.items,
        discount_minor=totals.discount,
        total_minor=totals.total,
        tax_rate_bp=shop.tax_rate_bp,
        tax_minor=totals.tax,
        paid_minor=totals.total,
        method=max(sold.payments, key=lambda one: one.amount_minor).method if sold.payments else "",
        is_pickup=True,
        created_at=moment,
        confirmed_at=moment,
        delivered_at=moment,
    )
    for line in lines:
        line.order = order
    OrderLine.objects.bulk_create(lines)
    return order


def _order_lines(case: _Case) -> list[OrderLine]:
    """A line of the order for each price a piece was sold at."""
    sold = case.sold
    rows: list[OrderLine] = []
    parts_of = in_parts([line.charged for line in sold.lines], discount_minor=sold.discount_minor)
    for line, parts in zip(sold.lines, parts_of, strict=True):
        variant = case.variants.get(line.variant)
        for part in parts:
            rows.append(_order_line(case, line, variant, part.unit_minor, part.quantity, len(rows)))
    return rows


def _order_line(
    case: _Case, line: SoldLine, variant: Variant | None, unit_minor: int, quantity: int, position: int
) -> OrderLine:
    return OrderLine(
        variant=variant,
        product_name=(variant.product.name if variant else line.name or "?")[:120],
        variant_name=variant.name if variant else "",
        sku=(variant.sku if variant else "") or "",
        quantity=quantity,
        list_minor=line.list_minor,
        unit_minor=unit_minor,
        discounts=_why_less(case, line, variant, unit_minor),
        cost_minor=variant.cost_minor if variant else None,
        counts_stock=variant.product.counts_stock if variant else False,
        shipped=quantity,
        position=position,
    )


def _why_less(case: _Case, line: SoldLine, variant: Variant | None, unit_minor: int) -> list[dict[str, Any]]:
    """What took a piece from its list price to what was paid: the price list's own steps, then what was given by hand."""
    price = case.prices[variant.pk] if variant else None
    charged = line.charged.unit_minor
    steps: list[dict[str, Any]] = []
    if price and (price.list_minor, price.final_minor) == (line.list_minor, charged):
        steps = [{"kind": one.kind, "name": one.name, "minor": one.minor} for one in price.rebates]
    elif line.list_minor > charged:
        steps = [{"kind": "promo", "name": "", "minor": line.list_minor - charged}]
    if charged > unit_minor:
        reason = " · ".join(filter(None, dict.fromkeys([line.reason, case.sold.discount_reason])))
        steps.append({"kind": "manual", "name": reason, "minor": charged - unit_minor})
    return steps


def _take_from_stock(case: _Case, order: Order) -> list[TillTask]:
    """Take the pieces out of the register's place. An offline sale may take more than there is: a task for each variant."""
    pieces = [
        (case.variants[line.variant], line.charged.quantity)
        for line in case.sold.lines
        if line.variant in case.variants
    ]
    location = case.sale.register.location
    overdrawn = stock.sell_at(
        location=location, lines=pieces, reference=order.number, by=case.seller, offline=case.sold.offline
    )
    return [
        TillTask(kind=Kind.OVERDRAWN, sale=case.sale, variant=variant, data={"place": location.name})
        for variant in overdrawn
    ]


def _pay(case: _Case, order: Order) -> None:
    TillPayment.objects.bulk_create(
        TillPayment(
            order=order,
            session=case.session,
            method=paid.method,
            amount_minor=paid.amount_minor,
            tendered_minor=paid.tendered_minor,
            change_minor=None if paid.tendered_minor is None else paid.tendered_minor - paid.amount_minor,
            reference=paid.reference,
        )
        for paid in case.sold.payments
    )


def _tell(case: _Case, order: Order, tasks: Sequence[TillTask]) -> None:
    OrderEvent.objects.create(order=order, kind="delivered", actor=case.seller, data={"till": case.sale.register.name})
    record(
        action="store.till.sold",
        category=AuditCategory.ORDER,
        resource=order,
        actor=case.by,
        level=AuditLog.Level.WARNING if tasks else AuditLog.Level.INFO,
        after={
            "number": order.number,
            "register": case.sale.register.name,
            "local_number": case.sale.local_number,
            "offline": case.sold.offline,
            "total_minor": order.total_minor,
            "discount_minor": _given(case.sold),
            "tasks": [task.kind for task in tasks],
        },
    )


@transaction.atomic
def _refuse(register: Register, uuid: UUID, payload: Any, error: DomainError, by: User) -> TillSale:
    """Keep an offline sale that cannot be booked, as it came. One transaction; the same `uuid` again changes nothing."""
    sale, is_new = TillSale.objects.get_or_create(
        register=register,
        uuid=uuid,
        defaults={
            "payload": payload,
            "local_number": _short(payload.get("local_number"), 30),
            "is_offline": True,
            "sold_at": timezone.now(),
            "state": State.REFUSED,
            "code": error.code,
            "reason": str(error)[:300],
            "actor": by,
        },
    )
    if is_new:
        TillTask.objects.create(kind=Kind.REFUSED, sale=sale, data={"code": error.code})
        record(action="store.till.refused", category=AuditCategory.ORDER, resource=sale, actor=by,
               level=AuditLog.Level.ERROR,
               after={"code": error.code, "reason": sale.reason, "register": register.name, "uuid": str(uuid)})  # fmt: skip
    return sale


def _short(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
