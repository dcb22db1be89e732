"""Making first orders, and giving orders up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.models import Coupon, Order, Payment, PlanVersion, Price, Subscription
from billing.money import Money
from billing.pricing import Amounts, Tax, price_order
from billing.providers.base import Flow
from billing.selectors import free_subdomains, is_subdomain_taken
from billing.services.coupons import check_coupon, give_coupon_back, reduction_of, use_coupon
from billing.services.fulfilment import mark_paid
from billing.services.letters import write_to_payer
from billing.services.moves import move_open_payments
from billing.services.subscriptions import give_credit_back
from billing.services.taxes import tax_for
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.templatetags.ui import moment_and_zone
from shared_apps.organisations import subdomains

# No 0/O, 1/I/L or U: read aloud on the phone and typed into a bank's form.
NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
MAX_UNPAID_ORDERS = 5
PARTLY_PAID = _("Part of this order is paid. To cancel it, write to us: we give the money back.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who the order is billed to, frozen on the order."""

    name: str
    email: str
    country: str
    phone: str = ""
    address: str = ""
    tax_number: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a first order costs, and the days that may be tried before anything is paid."""

    amounts: Amounts
    trial_days: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What the buyer saw and said yes to: the total, and the plan version where a page showed one."""

    total: Money
    version_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is ordered, who is billed, and the name the workspace will live under.

    With `shown`, no order is made of anything else than what the buyer saw.
    """

    price: Price
    organisation_name: str
    subdomain: str
    customer: Customer
    locale: str
    coupon_code: str = ""
    shown: Shown | None = None


def create_order(*, user: Any, new: NewOrder, idempotency_key: str | None = None) -> Order:
    """Order a plan for a new workspace, and hold its name until the order is paid or expires.

    One transaction. The name is held by a unique constraint, the coupon by a guarded UPDATE. Repeating a call with the
    same idempotency key returns the first order. Raises DomainError on `subdomain`, `coupon_code` or nothing, and Conflict
    when the key comes with another request, or when the amount is not the one that was shown (`price_changed`).
    """
    earlier = _earlier_order(user, new, idempotency_key)
    if earlier:
        return earlier
    try:
        return _create_order(user, new, idempotency_key)
    except (IntegrityError, DomainError) as error:
        # The same request may have been quicker elsewhere (double click, two tabs).
        earlier = _earlier_order(user, new, idempotency_key)
        if earlier:
            return earlier
        if isinstance(error, IntegrityError) and "order_holds_subdomain" in str(error):
            raise _name_taken(new.subdomain) from None
        raise


def _create_order(user: Any, new: NewOrder, idempotency_key: str | None) -> Order:
    name = check_subdomain(new.subdomain)
    coupon = None
    if new.coupon_code.strip():
        coupon = check_coupon(code=new.coupon_code, plan=new.price.version.plan, currency=new.price.currency, user=user)
    with transaction.atomic():
        _check_unpaid_orders(user)
        order = _insert(user, replace(new, subdomain=name), coupon, idempotency_key)
        if coupon:
            use_coupon(coupon=coupon, order=order)
        # Somebody's workspace may have gone live between the check and the insert.
        _check_free(name, ignoring=order)
        record(action="order.created", category=AuditCategory.ORDER, resource=order, actor=user, after=_summary(order))
        _tell_customer(order)
        if order.total_minor == 0:
            mark_paid(order_id=order.pk)
            order.refresh_from_db()
        return order


def check_subdomain(text: str) -> str:
    """The normalised name if it is well formed and free; raises DomainError on `subdomain` with the way out."""
    try:
        name = subdomains.check(text)
    except subdomains.BadSubdomain as problem:
        raise DomainError(
            f"subdomain_{problem.code}",
            SUBDOMAIN_TEXTS[problem.code],
            field="subdomain",
            extra={"suggestions": free_subdomains(text)},
        ) from None
    _check_free(name)
    return name


def _check_free(name: str, *, ignoring: Order | None = None) -> None:
    if is_subdomain_taken(name, ignoring=ignoring):
        raise _name_taken(name)


def let_go(*, order: Order) -> None:
    """What an order holds that nobody pays is free again: its coupon and its credit. In the caller's transaction, which
    holds its row."""
    give_coupon_back(order=order)
    give_credit_back(order=order)


def is_being_paid(order: Order) -> bool:
    """Whether part of an order's money is there, or an attempt may still bring some: it must not be given up now."""
    return bool(order.received_minor) or is_awaited(order)


def is_awaited(order: Order) -> bool:
    """Whether an attempt may still bring money without anybody doing more. One query."""
    return attempts_worth_waiting_for().filter(order=order).exists()


def attempts_worth_waiting_for() -> QuerySet[Payment]:
    """Attempts that may still bring money without anybody doing more: asked at a provider, or before a person."""
    automatic = Payment.objects.filter(
        status__in=[Payment.Status.CREATED, Payment.Status.PENDING], method__is_automatic=True
    )
    judged_by_people = [Payment.Status.UNDER_REVIEW, Payment.Status.NEEDS_REVIEW]
    return automatic | Payment.objects.filter(status__in=judged_by_people)


def _earlier_order(user: Any, new: NewOrder, idempotency_key: str | None) -> Order | None:
    """The order that the same request made before; raises Conflict when the key was another request's."""
    if not idempotency_key:
        return None
    earlier = (
        Order.objects.select_related("plan_version", "coupon")
        .filter(user=user, idempotency_key=idempotency_key)
        .first()
    )
    if earlier is None:
        return None
    asked = (new.price.version.plan_id, new.price.cycle, new.price.currency, _one_line(new.organisation_name))
    made = (earlier.plan_version.plan_id, earlier.cycle, earlier.currency, earlier.organisation_name)
    coupon_code = earlier.coupon.code if earlier.coupon else ""
    if (*asked, new.coupon_code.strip().upper()) != (*made, coupon_code):
        raise Conflict(
            "idempotency_key_used",
            _("This key was used for another order. Send a new one with a new request."),
            field="Idempotency-Key",
        )
    return earlier


def _check_unpaid_orders(user: Any) -> None:
    """Names are held by unpaid orders: nobody may hold many. Locks the account's row, so that orders count in turn."""
    get_user_model().objects.select_for_update().get(pk=user.pk)
    unpaid = Order.objects.filter(user=user, kind=Order.Kind.FIRST, status=Order.Status.AWAITING_PAYMENT)
    if unpaid.count() >= MAX_UNPAID_ORDERS:
        raise Conflict("too_many_unpaid", _("You have several unpaid orders. Pay or cancel one of them first."))


def cancel_order(*, order: Order, actor: Any) -> None:
    """The customer gives an unpaid order up: its name and coupon are free again. Locks the order row; raises Conflict.

    An attempt that is open keeps being watched: money that still comes goes to review.
    """
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        if locked.status != Order.Status.AWAITING_PAYMENT:
            raise Conflict("order_not_open", _("This order can no longer be cancelled."))
        if locked.received_minor:
            raise Conflict("order_partly_paid", PARTLY_PAID)
        if locked.payments.filter(status__in=[Payment.Status.NEEDS_REVIEW, Payment.Status.UNDER_REVIEW]).exists():
            raise Conflict(
                "payment_being_checked",
                _("A payment for this order is being checked. Wait for our answer before you cancel."),
            )
        if _rings_on_a_phone(locked):
            raise Conflict(
                "payment_under_way",
                _("A payment request is open on a phone. Refuse it there, or wait a few minutes, then cancel."),
            )
        locked.status = Order.Status.CANCELLED
        locked.save(update_fields=["status"])
        move_open_payments(order=locked, to=Payment.Status.CANCELLED, actor=actor)
        let_go(order=locked)
        record(action="order.cancelled", category=AuditCategory.ORDER, resource=locked, actor=actor,
               before={"status": "awaiting_payment"}, after={"status": "cancelled"})  # fmt: skip


def _rings_on_a_phone(order: Order) -> bool:
    """Whether a payer may approve at any moment: what is cancelled meanwhile would be paid for nothing."""
    waiting = order.payments.filter(status__in=Payment.OPEN, expires_at__gt=timezone.now())
    names = waiting.values_list("method__name", flat=True)
    return any(gateways.gateway(name).capabilities.flow is Flow.PUSH for name in names)


def _insert(user: Any, new: NewOrder, coupon: Coupon | None, idempotency_key: str | None) -> Order:
    price, customer = new.price, new.customer
    quote = quote_order(user=user, price=price, country=customer.country, tax_number=customer.tax_number, coupon=coupon)
    _check_shown(new, quote.amounts.total)
    subscription = Subscription.objects.create(
        plan_version=price.version, cycle=price.cycle, currency=price.currency, status=Subscription.Status.INCOMPLETE
    )
    return Order.objects.create(
        number=new_order_number(),
        user=user,
        idempotency_key=idempotency_key or None,
        subscription=subscription,
        plan_version=price.version,
        cycle=price.cycle,
        currency=price.currency,
        coupon=coupon,
        trial_days=quote.trial_days,
        organisation_name=_one_line(new.organisation_name),
        subdomain=new.subdomain,
        subdomain_skeleton=subdomains.skeleton(new.subdomain),
        locale=new.locale,
        expires_at=timezone.now() + settings.ORDER_LIFETIME,
        **amount_columns(quote.amounts),
        **customer_columns(customer),
    )


def quote_order(*, user: Any, price: Price, country: str, tax_number: str = "", coupon: Coupon | None = None) -> Quote:
    """What a first order would cost this buyer now: the page, the API and the order ask the same. At most two queries."""
    trial = trial_days(user=user, version=price.version)
    asked = Money(0, price.currency) if trial else price.amount
    tax = tax_for(country=country, tax_number=tax_number)
    reduction = reduction_of(coupon) if coupon and not trial else None
    return Quote(price_order(asked, reduction=reduction, tax=tax), trial)


def _check_shown(new: NewOrder, total: Money) -> None:
    """Nobody is charged what they did not see: a price, a tax or a coupon may have changed since the page was made."""
    shown = new.shown
    if shown is None:
        return
    if shown.total != total:
        raise Conflict(
            "price_changed",
            _("The amount to pay has changed. Check your order, then continue."),
            extra={"total_minor": total.minor, "currency": total.currency},
        )
    if shown.version_id not in (None, new.price.version_id):
        raise Conflict("price_changed", _("What this plan offers has changed. Check your order, then continue."))


def trial_days(*, user: Any, version: PlanVersion) -> int:
    """How many days somebody may try a plan before they pay: once, and only before their first order. One query at most.

    In a transaction that holds the account's row it cannot be had twice.
    """
    had = (Order.Status.PAID, Order.Status.FULFILLED)
    if not version.trial_days or Order.objects.filter(user=user, status__in=had).exists():
        return 0
    return version.trial_days


def amount_columns(amounts: Amounts) -> dict[str, Any]:
    """What was worked out, as an order keeps it."""
    rule: Tax = amounts.rule
    return {
        "subtotal_minor": amounts.subtotal.minor,
        "discount_minor": amounts.discount.minor,
        "proration_minor": amounts.proration.minor,
        "tax_minor": amounts.tax.minor,
        "tax_included": rule.is_included,
        "tax_name": rule.name,
        "tax_percent": rule.percent,
        "tax_note": rule.note,
        "total_minor": amounts.total.minor,
    }


def customer_columns(customer: Customer) -> dict[str, str]:
    """Who is billed, as an order keeps it."""
    return {
        "customer_name": _one_line(customer.name),
        "customer_email": customer.email,
        "customer_phone": customer.phone,
        "customer_address": customer.address.strip(),
        "customer_country": customer.country,
        "tax_number": customer.tax_number.strip(),
    }


def _one_line(text: str) -> str:
    """A name as it may stand in a mail's subject: no line breaks or other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def new_order_number() -> str:
    """Eight random characters in two groups: unique in practice, and by constraint; it doubles as transfer reference."""
    characters = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8))
    return f"BA-{characters[:4]}-{characters[4:]}"


def _summary(order: Order) -> dict[str, Any]:
    return {"number": order.number, "total_minor": order.total_minor, "currency": order.currency}


def _tell_customer(order: Order) -> None:
    with translation.override(order.locale):
        until = moment_and_zone(order.expires_at)
    write_to_payer(
        order,
        key=f"order-created:{order.pk}",
        template="order_created",
        organisation=order.organisation_name,
        product=order.plan_version.plan.product,
        plan=order.plan_version.plan.display_name,
        amount=order.total.display(order.locale),
        free=order.total_minor == 0,
        until=until,
    )


def _name_taken(name: str) -> Conflict:
    return Conflict(
        "subdomain_taken",
        _("This address is already taken. Choose another one."),
        field="subdomain",
        extra={"suggestions": free_subdomains(name)},
    )


SUBDOMAIN_TEXTS = {
    "empty": _("Choose an address for your workspace."),
    "letters": _("Use only letters a to z without accents, digits and hyphens."),
    "short": _("Use at least 3 characters."),
    "long": _("Use at most 40 characters."),
    "punycode": _("An address cannot begin with “xn--”."),
    "hyphens": _("A hyphen must stand between two letters or digits."),
    "reserved": _("This address is reserved, or looks like one that is. Choose another one."),
}
