"""Starting a payment. What becomes of it is decided in `services.resolve` alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    Capabilities,
    Flow,
    ManualDecision,
    Provider,
    ProviderRefused,
    ProviderUnavailable,
)
from billing.providers.fx import NoQuote, Quote, quote_in_eur
from billing.providers.phones import InvalidPhone, normalise_msisdn
from billing.providers.polling import next_check
from billing.providers.turns import turn_to_call
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_path, own_url
from shared_apps.core.errors import Conflict, DomainError, TooManyAttempts
from shared_apps.core.soon import send_soon
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate
from tenant_apps.payments.bills import Bill, Payee, payee_for
from tenant_apps.payments.gateways import gateway, gateway_of
from tenant_apps.payments.keys import address_of, region_of
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.sealing import callback_token, open_token, seal_token
from tenant_apps.payments.services.health import is_hidden, watched
from tenant_apps.payments.services.moves import move_payment
from tenant_apps.payments.services.watching import watch_after_commit
from tenant_apps.payments.texts import PHONE_TEXTS, away_text, explain

logger = structlog.get_logger(__name__)

Status = Payment.Status
MAX_FAILURES = 3
MAX_NUMBERS = 5
PAUSE = timedelta(minutes=15)
# Seconds: whoever has just clicked "pay" waits this long for a provider that answers, before a worker takes over.
PATIENCE = 5.0
ORANGE_ADDRESS_LIMIT = 120


def start_payment(
    *, purpose: str, subject: UUID, method: str, phone: str = "", return_path: str = "", by: Any = None
) -> Payment:
    """Begin (or go on with) an attempt to pay a bill by a method; `return_path` is the bill's own unless given.

    The attempt is committed before the provider is called, and no transaction is open during the call, so call it outside
    one. A double click gets the attempt that is open; a time-out leaves it open. Locks the payee's row while the attempt is
    made. Raises DomainError (`phone`, `method`, or the bill itself cannot be paid), and Http404 for what is not there.
    """
    payee = _payee(purpose)
    chosen = active_method(method)
    provider = _provider(chosen)
    digits = _check_phone(phone, chosen) if provider.capabilities.needs_phone else ""
    check_rate(action="tenant-start-payment", who=here(subject), limit=30, seconds=600)
    payment = _open_attempt(payee, subject, chosen, provider, phone=digits, return_path=return_path, by=by)
    if not payment.provider_ref and payment.status == Status.CREATED:
        payment = _begin_now_or_soon(payment, flow=provider.capabilities.flow)
    return payment


def next_url(payment: Payment) -> str:
    """Where the payer goes now: the provider's page for an attempt that waits there, else the payment's own page."""
    if payment.is_open and payment.redirect_url:
        return payment.redirect_url
    return own_path("payments:payment", payment.pk)


def _payee(purpose: str) -> Payee:
    try:
        return payee_for(purpose)
    except KeyError:
        raise Http404 from None


def active_method(name: str) -> Method:
    """A way to pay that is offered; raises DomainError on `method`. Cash is taken by staff (`record_cash`)."""
    found = Method.objects.filter(pk=name, is_active=True).exclude(pk=Method.Name.CASH).first()
    if found is None:
        raise DomainError("unknown_method", _("Choose one of the ways to pay."), field="method")
    return found


def _provider(method: Method) -> Provider:
    try:
        return gateway(method)
    except ProviderRefused as problem:
        logger.error("way to pay is not set up", method=method.name, detail=problem.detail)
        raise DomainError(
            "method_out_of_order",
            _("This way to pay is out of order. Nothing was charged. Choose another one."),
            field="method",
        ) from None


def takes(capabilities: Capabilities, amount: Money) -> bool:
    """Whether an amount can be paid this way."""
    return amount.currency in capabilities.currencies and amount.minor >= capabilities.minimum.get(amount.currency, 1)


def _check_phone(phone: str, method: Method) -> str:
    try:
        return normalise_msisdn(phone, region=region_of(method), allow_test_numbers=not settings.PRODUCTION)
    except InvalidPhone as problem:
        raise DomainError(f"phone_{problem.reason}", PHONE_TEXTS[problem.reason], field="phone") from None


def _open_attempt(
    payee: Payee, subject: UUID, method: Method, provider: Provider, *, phone: str, return_path: str, by: Any
) -> Payment:
    try:
        with transaction.atomic():
            payee.lock(subject)
            bill = payee.bill_of(subject)
            _check_payable(bill, provider.capabilities)
            current = _current_attempt(bill, method, phone)
            if current:
                return current
            _check_answering(method)
            _check_failures(bill, method)
            if phone:
                _check_numbers(bill, phone)
            payment = _insert(bill, method, provider, phone=phone, return_path=return_path or bill.return_path)
            payee.started(payment)
            record(action="payment.created", category=AuditCategory.PAYMENT, resource=payment, actor=by,
                   after={"payment_method": method.name, "amount_minor": payment.amount_minor,
                          "number": payment.subject_number})  # fmt: skip
            watch_after_commit(payment)
            return payment
    except NoQuote:
        raise _not_for_amount() from None
    except IntegrityError:
        # Not reached while the payee's row is locked; the constraint is the belt to that brace.
        raise Conflict("payment_open", _("A payment is already under way. Refresh the page.")) from None


def _check_answering(method: Method) -> None:
    if method.is_hidden:
        raise Conflict("method_away", away_text(method), field="method")


def _not_for_amount() -> DomainError:
    return DomainError(
        "method_not_for_amount",
        _("This way to pay is not available for this amount or currency. Choose another one."),
        field="method",
    )


def _check_payable(bill: Bill, capabilities: Capabilities) -> None:
    if not bill.payable or bill.due.minor <= 0:
        raise Conflict("not_payable", bill.why_not or _("There is nothing left to pay."))
    if not takes(capabilities, bill.due):
        raise _not_for_amount()
    if _of(bill).filter(status=Status.NEEDS_REVIEW).exists():
        raise Conflict(
            "under_review", _("A payment is being checked. Please wait for our answer before you pay again.")
        )


def _of(bill: Bill) -> Any:
    return Payment.objects.filter(purpose=bill.purpose, subject=bill.subject)


def _current_attempt(bill: Bill, method: Method, phone: str) -> Payment | None:
    """The open attempt to go on with; one that cannot be gone on with is set aside (it may still succeed late). One whose
    proof staff have to look at is the one to go on with until they did, whatever is due since."""
    current: Payment | None = _of(bill).filter(method=method.name, status__in=Payment.OPEN).first()
    if current is None or current.status == Status.UNDER_REVIEW:
        return current
    now = timezone.now()
    same_mode = current.is_test == method.is_test
    if current.phone == phone and current.expires_at > now and current.amount == bill.due and same_mode:
        return current
    status = Status.CANCELLED if current.expires_at > now else Status.EXPIRED
    move_payment(payment=current, to=status, reason=reasons.CANCELLED)
    return None


def _check_failures(bill: Bill, method: Method) -> None:
    """At most three failed attempts per bill and method, then a pause."""
    failed = _of(bill).filter(method=method.name, status=Status.FAILED, created_at__gt=timezone.now() - PAUSE)
    recent = list(failed.order_by("-created_at")[:MAX_FAILURES])
    if len(recent) < MAX_FAILURES:
        return
    wait = (recent[-1].created_at + PAUSE - timezone.now()).total_seconds()
    raise TooManyAttempts(
        "too_many_failures",
        _("Three attempts have failed. Wait %(minutes)d minutes, or choose another way to pay. %(hint)s")
        % {"minutes": max(1, round(wait / 60)), "hint": explain(recent[0].reason).next_step},
        field="method",
        extra={"retry_after": max(1, int(wait))},
    )


def _check_numbers(bill: Bill, phone: str) -> None:
    """Each new number makes a stranger's phone ring: few of them per bill, then a pause."""
    tried = _of(bill).filter(created_at__gt=timezone.now() - PAUSE).exclude(phone="")
    if len({phone, *tried.values_list("phone", flat=True)}) > MAX_NUMBERS:
        raise TooManyAttempts(
            "too_many_numbers",
            _("You have tried several numbers. Wait %(minutes)d minutes, or choose another way to pay.")
            % {"minutes": PAUSE // timedelta(minutes=1)},
            field="phone",
            extra={"retry_after": int(PAUSE.total_seconds())},
        )


def _insert(bill: Bill, method: Method, provider: Provider, *, phone: str, return_path: str) -> Payment:
    now = timezone.now()
    is_paypal = method.name == Method.Name.PAYPAL
    quote = quote_in_eur(bill.due, at=now) if is_paypal else _same(bill.due, now)
    manual = provider.capabilities.flow is Flow.MANUAL
    expires_at = now + timedelta(seconds=provider.capabilities.attempt_lifetime_seconds)
    payment: Payment = Payment.objects.create(
        purpose=bill.purpose, subject=bill.subject, subject_number=bill.number, description=bill.description[:150],
        locale=bill.locale[:5], method=method.name, is_test=method.is_test,
        amount_minor=quote.source.minor, currency=quote.source.currency,
        charge_minor=quote.charged.minor, charge_currency=quote.charged.currency,
        fx_rate=quote.rate, fx_source=quote.rate_source, quoted_at=quote.quoted_at,
        provider_account=provider.account, provider_base_url=address_of(method), phone=phone, return_path=return_path,
        expires_at=expires_at, next_check_at=expires_at if manual else next_check(started_at=now, now=now, checks=0),
    )  # fmt: skip
    return payment


def _same(amount: Money, now: datetime) -> Quote:
    return Quote(amount, amount, Decimal(1), "same currency", now)


def _begin_now_or_soon(payment: Payment, *, flow: Flow) -> Payment:
    """In this request if few others wait for providers; else a worker begins, and the payment's page follows it."""
    from tenant_apps.payments.tasks import resolve_payment

    # A call to Moov may block for half a minute, and nobody waits for a provider that fails: these are for workers.
    if payment.method != Method.Name.MOOV and not is_hidden(payment.method):
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
    created = Payment.objects.filter(pk=payment.pk, status=Status.CREATED)
    untold = Payment.objects.filter(pk=payment.pk, started_at__isnull=True).update(started_at=timezone.now())
    flow = Flow.REDIRECT
    try:
        provider = gateway_of(payment)
        flow = provider.capabilities.flow
        with watched(payment.method):
            started = provider.start(as_attempt(payment))
    except ProviderRefused as refusal:
        logger.warning("payment refused", payment=str(payment.pk), reason=refusal.reason, detail=refusal.detail[:200])
        if untold or flow is not Flow.PUSH:
            move_payment(
                payment=payment, to=Status.FAILED, allowed=[Status.CREATED], reason=refusal.reason, next_check_at=None
            )
        else:
            created.update(reason=refusal.reason)
    except ProviderUnavailable as trouble:
        logger.warning("provider away", payment=str(payment.pk), reason=trouble.reason, detail=trouble.detail[:200])
        created.update(reason=trouble.reason)
    else:
        Payment.objects.filter(pk=payment.pk, provider_ref="").update(
            provider_ref=started.provider_ref, redirect_url=started.redirect_url, reason="",
            notification_ciphertext=seal_token(payment, started.notification_secret),
        )  # fmt: skip
        _watch(payment, manual=flow is Flow.MANUAL)
    payment.refresh_from_db()
    return payment


def _watch(payment: Payment, *, manual: bool) -> None:
    """The provider has taken the attempt: it is open, and asked about, even where a call beside this one was refused."""
    now = timezone.now()
    due = payment.expires_at if manual else next_check(started_at=now, now=now, checks=0)
    movable = [Status.CREATED, Status.FAILED]
    try:
        move_payment(payment=payment, to=Status.PENDING, allowed=movable, next_check_at=due)
    except IntegrityError:  # refused beside this call, and another attempt by this method has been opened since
        Payment.objects.filter(pk=payment.pk, status__in=movable).update(next_check_at=due)


def as_attempt(payment: Payment) -> Attempt:
    """The payment as a provider needs to know it."""
    page = own_url(own_path("payments:return", payment.pk))
    return Attempt(
        id=payment.pk,
        order_number=payment.subject_number,
        idempotency_key=payment.idempotency_key,
        charge=payment.charge,
        description=payment.description,
        locale=payment.locale,
        provider_ref=payment.provider_ref,
        phone=payment.phone,
        return_url=page,
        cancel_url=_cancel_url(payment, page),
        callback_url=_callback_url(payment),
        started_at=payment.started_at,
        decision=_decision(payment),
        notification_secret=open_token(payment),
    )


def _cancel_url(payment: Payment, page: str) -> str:
    """Where the provider sends a payer who gave up: the same page, which says that they did."""
    address = f"{page}?left=1"
    return page if _is_too_long(payment, address) else address


def _callback_url(payment: Payment) -> str:
    address = own_url(own_path("payments:hook_payment", payment.method, payment.pk, callback_token(payment)))
    return "" if _is_too_long(payment, address) else address


def _is_too_long(payment: Payment, address: str) -> bool:
    return payment.method == Method.Name.ORANGE_MONEY and len(address) > ORANGE_ADDRESS_LIMIT


def _decision(payment: Payment) -> ManualDecision | None:
    if payment.decision_approved is None or payment.decided_at is None:
        return None
    received = Money(payment.decision_minor, payment.charge_currency) if payment.decision_minor else None
    # Whoever decided has read the reference on the statement: what is compared is that this is about this bill.
    return ManualDecision(payment.decision_approved, received, payment.subject_number, payment.decided_at)


def transfer_instructions(payment: Payment) -> dict[str, str]:
    """Where the payer of a transfer sends the money, and the reference to write on it; {} when no account is set."""
    try:
        return gateway_of(payment).start(as_attempt(payment)).instructions
    except ProviderRefused:
        return {}
