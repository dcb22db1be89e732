"""Starting a payment. What becomes of it is decided in `billing.services.resolve` alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.messages import explain
from billing.models import Order, Payment, PaymentMethod
from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Attempt, Capabilities, Flow, ManualDecision, ProviderRefused, ProviderUnavailable
from billing.providers.fx import NoQuote, Quote, quote_in_eur
from billing.providers.phones import InvalidPhone, normalise_msisdn
from billing.providers.polling import next_check
from billing.providers.turns import turn_to_call
from billing.selectors import payment_methods
from billing.services.health import watched
from billing.services.moves import move_payment
from billing.signing import callback_token
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict, DomainError, TooManyAttempts
from shared_apps.core.soon import send_soon
from shared_apps.core.throttle import check_rate

logger = structlog.get_logger(__name__)

MAX_FAILURES = 3
MAX_NUMBERS = 5
PAUSE = timedelta(minutes=15)
# Seconds: whoever has just clicked "pay" waits this long for a provider that answers, before a worker takes over.
PATIENCE = 5.0


def start_payment(
    *, order_id: UUID, method: str, phone: str = "", return_url: str = "", cancel_url: str = "", actor: Any = None
) -> Payment:
    """Begin (or go on with) an attempt to pay an order by a method.

    The attempt is committed before the provider is called, and no transaction is open during the call. A double click
    gets the attempt that is open; a time-out leaves it pending. Locks the order row while the attempt is made. Raises
    DomainError (`phone_number`, `payment_method`, or the order itself cannot be paid): also for a method that is hidden
    because its provider does not answer.
    """
    chosen = _active_method(method)
    _check_offered(chosen, order_id)
    capabilities = gateways.gateway(method).capabilities
    digits = _check_phone(phone) if capabilities.needs_phone else ""
    check_rate(action="start-payment", who=str(actor.pk if actor else order_id), limit=30, seconds=600)
    if digits and not _has_open_attempt(order_id, digits):
        _check_wallet(digits, chosen)
    payment = _open_attempt(order_id, chosen, capabilities, digits, return_url, cancel_url, actor)
    if not payment.provider_ref and payment.status == Payment.Status.CREATED:
        payment = _begin_now_or_soon(payment, flow=capabilities.flow)
    return payment


def _begin_now_or_soon(payment: Payment, *, flow: Flow) -> Payment:
    """In this request if few others wait for providers; else a worker begins, and the order page follows it."""
    from billing.tasks import resolve_payment

    if flow is Flow.MANUAL:
        return begin_at_provider(payment)
    with turn_to_call(patience=PATIENCE) as may_call:
        if may_call:
            return begin_at_provider(payment)
    send_soon(resolve_payment, str(payment.pk))
    return payment


def begin_at_provider(payment: Payment) -> Payment:
    """Tell the provider of a committed attempt; safe to repeat. Guarded UPDATEs, no transaction open meanwhile.

    A refusal fails the attempt, unless an earlier call may have reached a payer's phone; when the provider does not
    answer, the attempt stays as it is and the poller goes on.
    """
    provider = gateways.gateway(payment.method.name, payment.provider_base_url)
    untold = Payment.objects.filter(pk=payment.pk, started_at__isnull=True).update(started_at=timezone.now())
    created = Payment.objects.filter(pk=payment.pk, status=Payment.Status.CREATED)
    try:
        with watched(payment.method):
            started = provider.start(as_attempt(payment))
    except ProviderRefused as refusal:
        logger.warning("payment refused", payment=str(payment.pk), reason=refusal.reason, detail=refusal.detail[:200])
        if untold or provider.capabilities.flow is not Flow.PUSH:
            move_payment(
                payment=payment,
                to=Payment.Status.FAILED,
                allowed=[Payment.Status.CREATED],
                reason=refusal.reason,
                next_check_at=None,
            )
        else:
            created.update(reason=refusal.reason)
    except ProviderUnavailable as trouble:
        logger.warning("provider away", payment=str(payment.pk), reason=trouble.reason, detail=trouble.detail[:200])
        created.update(reason=trouble.reason)
    else:
        Payment.objects.filter(pk=payment.pk, provider_ref="").update(
            provider_ref=started.provider_ref, redirect_url=started.redirect_url, reason=""
        )
        _watch(payment, manual=provider.capabilities.flow is Flow.MANUAL)
    payment.refresh_from_db()
    return payment


def _watch(payment: Payment, *, manual: bool) -> None:
    """The provider has taken the attempt: it is open, and asked about, even where a call beside this one was refused."""
    now = timezone.now()
    due = None if manual else next_check(started_at=now, now=now, checks=0)
    movable = [Payment.Status.CREATED, Payment.Status.FAILED]
    try:
        move_payment(payment=payment, to=Payment.Status.PENDING, allowed=movable, next_check_at=due)
    except IntegrityError:  # refused beside this call, and another attempt by this method has been opened since
        Payment.objects.filter(pk=payment.pk, status__in=movable).update(next_check_at=due)


def as_attempt(payment: Payment) -> Attempt:
    """The payment as a provider needs to know it."""
    order = payment.order
    decision = None
    if payment.decision_approved is not None and payment.decided_at:
        decision = ManualDecision(
            approved=payment.decision_approved,
            received=payment.received,
            reference=payment.decision_reference,
            decided_at=payment.decided_at,
        )
    return Attempt(
        id=payment.pk,
        order_number=order.number,
        idempotency_key=payment.idempotency_key,
        charge=payment.charge,
        description=f"{settings.PLATFORM_NAME} {order.plan_version.plan.display_name} {order.number}",
        locale=order.locale,
        provider_ref=payment.provider_ref,
        phone=payment.phone,
        return_url=payment.return_url or platform_url(f"/orders/{order.pk}/return/"),
        cancel_url=payment.cancel_url or platform_url(f"/orders/{order.pk}/cancelled/"),
        callback_url=f"{settings.WEBHOOK_BASE_URL}/hooks/momo/{payment.pk}/{callback_token(payment.pk)}/",
        started_at=payment.started_at,
        decision=decision,
    )


def transfer_instructions(payment: Payment) -> dict[str, str]:
    """Where the payer of a transfer sends the money, and the reference to write on it; {} when no account is set."""
    try:
        return gateways.gateway(payment.method.name).start(as_attempt(payment)).instructions
    except ProviderRefused:
        return {}


def methods_for(order: Order) -> list[tuple[PaymentMethod, Capabilities]]:
    """The methods an order can be paid with: offered now, the currency fits and the amount is large enough. One query."""
    offered = []
    for method in payment_methods().filter(name__in=gateways.NAMES):
        capabilities = gateways.gateway(method.name).capabilities
        if _takes(capabilities, order.due):
            offered.append((method, capabilities))
    return offered


def _active_method(name: str) -> PaymentMethod:
    method = PaymentMethod.objects.select_related("health").filter(name=name, is_active=True).first()
    if method is None or name not in gateways.NAMES:
        raise DomainError("unknown_method", _("Choose one of the ways to pay."), field="payment_method")
    return method


def _check_offered(method: PaymentMethod, order_id: UUID) -> None:
    """An attempt that is open may be gone on with; a new one needs a provider that answers."""
    if method.health.hidden_since is None:
        return
    order = Order.objects.filter(pk=order_id).first()
    if order is None or order.payments.filter(method=method, status__in=Payment.OPEN).exists():
        return
    others = [str(other) for other, _capabilities in methods_for(order)]
    raise Conflict(
        "method_hidden",
        _("%(method)s does not answer at the moment. Nothing was charged. You can pay by: %(others)s.")
        % {"method": method, "others": ", ".join(others)}
        if others
        else _("%(method)s does not answer at the moment. Nothing was charged. Try again in a few minutes.")
        % {"method": method},
        field="payment_method",
    )


def _check_phone(phone: str) -> str:
    try:
        return normalise_msisdn(phone, region=settings.MOMO_REGION, allow_test_numbers=not settings.PRODUCTION)
    except InvalidPhone as problem:
        raise DomainError(f"phone_{problem.reason}", PHONE_TEXTS[problem.reason], field="phone_number") from None


def _has_open_attempt(order_id: UUID, phone: str) -> bool:
    return Payment.objects.filter(order_id=order_id, phone=phone, status__in=Payment.OPEN).exists()


def _check_wallet(phone: str, method: PaymentMethod) -> None:
    """Ask MTN whether the number can pay, before anything is begun; when MTN does not say, the payment will."""
    with turn_to_call() as may_call:
        if not may_call:
            return
        try:
            with watched(method, about_payer=True):
                active = gateways.momo().check_active(phone)
        except ProviderUnavailable as trouble:
            logger.warning("number not checked", reason=trouble.reason)
            return
    if not active:
        raise DomainError(
            "phone_without_wallet",
            _("This number has no active MTN Mobile Money account. Check it, or use another number."),
            field="phone_number",
        )


def _takes(capabilities: Capabilities, amount: Money) -> bool:
    return amount.currency in capabilities.currencies and amount.minor >= capabilities.minimum.get(amount.currency, 1)


def _open_attempt(
    order_id: UUID,
    method: PaymentMethod,
    capabilities: Capabilities,
    phone: str,
    return_url: str,
    cancel_url: str,
    actor: Any,
) -> Payment:
    try:
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=order_id)
            _check_payable(order, capabilities)
            current = _current_attempt(order, method, phone)
            if current:
                return current
            _check_failures(order, method)
            if phone:
                _check_numbers(order, phone)
            payment = _insert(order, method, capabilities, phone, return_url, cancel_url)
            record(action="payment.created", category=AuditCategory.PAYMENT, resource=payment, actor=actor,
                   after={"payment_method": method.name, "amount_minor": payment.amount_minor})  # fmt: skip
            return payment
    except NoQuote:
        raise DomainError(
            "amount_not_payable", _("This amount cannot be paid this way. Choose another one."), field="payment_method"
        ) from None
    except IntegrityError:
        # Not reached while the order row is locked; the constraint is the belt to that brace.
        raise Conflict("payment_open", _("A payment is already under way. Refresh the page.")) from None


def _check_payable(order: Order, capabilities: Capabilities) -> None:
    if order.status in (Order.Status.PAID, Order.Status.FULFILLED):
        raise Conflict("order_paid", _("This order is already paid."))
    if order.status != Order.Status.AWAITING_PAYMENT or order.expires_at <= timezone.now():
        raise Conflict(
            "order_expired",
            _("This order has expired. Nothing was charged: order again, your details are kept."),
        )
    if not _takes(capabilities, order.due):
        raise DomainError(
            "method_not_for_amount",
            _("This way to pay is not available for this amount or currency. Choose another one."),
            field="payment_method",
        )
    if order.payments.filter(status=Payment.Status.NEEDS_REVIEW).exists():
        raise Conflict(
            "under_review", _("A payment for this order is being checked. Please wait for our answer before paying.")
        )


def _current_attempt(order: Order, method: PaymentMethod, phone: str) -> Payment | None:
    """The open attempt to go on with; one that cannot be gone on with is set aside (it may still succeed late)."""
    current = order.payments.select_related("order__plan_version__plan", "method").filter(
        method=method, status__in=Payment.OPEN
    ).first()  # fmt: skip
    if current is None:
        return None
    if current.phone == phone and current.expires_at > timezone.now() and current.amount == order.due:
        return current
    status = Payment.Status.CANCELLED if current.expires_at > timezone.now() else Payment.Status.EXPIRED
    move_payment(payment=current, to=status, reason=reasons.CANCELLED)
    return None


def _check_failures(order: Order, method: PaymentMethod) -> None:
    """At most three failed attempts per order and method, then a pause."""
    failed = order.payments.filter(
        method=method, status=Payment.Status.FAILED, created_at__gt=timezone.now() - PAUSE
    ).order_by("-created_at")
    recent = list(failed[:MAX_FAILURES])
    if len(recent) < MAX_FAILURES:
        return
    wait = (recent[-1].created_at + PAUSE - timezone.now()).total_seconds()
    raise TooManyAttempts(
        "too_many_failures",
        _("Three attempts have failed. Wait %(minutes)d minutes, or choose another way to pay. %(hint)s")
        % {"minutes": max(1, round(wait / 60)), "hint": explain(recent[0].reason).next_step},
        field="payment_method",
        extra={"retry_after": max(1, int(wait))},
    )


def _check_numbers(order: Order, phone: str) -> None:
    """Each new number makes a stranger's phone ring: few of them per account, then a pause."""
    tried = Payment.objects.filter(order__user_id=order.user_id, created_at__gt=timezone.now() - PAUSE)
    numbers = set(tried.exclude(phone="").values_list("phone", flat=True))
    if len(numbers | {phone}) > MAX_NUMBERS:
        raise TooManyAttempts(
            "too_many_numbers",
            _("You have tried several numbers. Wait %(minutes)d minutes, or choose another way to pay.")
            % {"minutes": PAUSE // timedelta(minutes=1)},
            field="phone_number",
            extra={"retry_after": int(PAUSE.total_seconds())},
        )


def _insert(
    order: Order,
    method: PaymentMethod,
    capabilities: Capabilities,
    phone: str,
    return_url: str,
    cancel_url: str,
) -> Payment:
    now = timezone.now()
    quote = quote_in_eur(order.due, at=now) if method.name == gateways.PAYPAL else _same(order.due, now)
    manual = capabilities.flow is Flow.MANUAL
    lifetime = timedelta(seconds=capabilities.attempt_lifetime_seconds)
    return Payment.objects.create(
        order=order,
        method=method,
        amount_minor=quote.source.minor,
        currency=order.currency,
        charge_minor=quote.charged.minor,
        charge_currency=quote.charged.currency,
        fx_rate=quote.rate,
        fx_source=quote.rate_source,
        quoted_at=quote.quoted_at,
        provider_account=gateways.gateway(method.name).account,
        provider_base_url=gateways.base_url_of(method.name),
        phone=phone,
        return_url=return_url,
        cancel_url=cancel_url,
        expires_at=order.expires_at if manual else now + lifetime,
        next_check_at=None if manual else next_check(started_at=now, now=now, checks=0),
    )


def _same(amount: Money, now: datetime) -> Quote:
    return Quote(amount, amount, Decimal(1), "same currency", now)


PHONE_TEXTS = {
    "empty": _("Enter the mobile money number to charge."),
    "not_a_number": _("This is not a phone number. Use digits, for example 6 70 12 34 56."),
    "too_short": _("This number is too short. Check it against your phone."),
    "too_long": _("This number is too long. Check it against your phone."),
    "not_in_use": _("No operator uses this number. Check it against your phone."),
    "other_country": _(
        "This number is from another country. Use one of the country where you pay, or pay another way."
    ),
    "not_mobile": _("This is not a mobile number. Enter one that has mobile money."),
}
