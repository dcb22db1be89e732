"""The only way money is believed: ask the provider, compare with what was asked, and move the payment once.

Webhooks, browser returns, pollers and staff all end here; none of them changes a payment by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from billing.providers import reasons
from billing.providers.base import Flow, Outcome, Provider, ProviderRefused, ProviderState, ProviderUnavailable
from billing.providers.judging import Expected, Judgement, Verdict, judge
from billing.providers.polling import next_check
from billing.providers.turns import turn_to_call
from shared_apps.core.soon import send_soon
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.gateways import gateway_of
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.services.believing import believe
from tenant_apps.payments.services.health import is_hidden, watched
from tenant_apps.payments.services.letters import tell_payer
from tenant_apps.payments.services.moves import move_payment
from tenant_apps.payments.services.starting import as_attempt, begin_at_provider
from tenant_apps.payments.services.watching import watch_after_commit

logger = structlog.get_logger(__name__)

Status = Payment.Status
# What a provider's silence, refusal to answer, or unclear answer leaves as the reason.
UNANSWERED = (reasons.PROVIDER_UNAVAILABLE, reasons.MISCONFIGURED, reasons.UNCLEAR)
# A request that is not found within a minute of being sent may still be on its way.
MAY_STILL_ARRIVE = timedelta(seconds=60)
# Nobody to ask: staff decide.
BY_STAFF = (Method.Name.CASH, Method.Name.BANK_TRANSFER)


def resolve_payment(payment_id: UUID | str) -> Payment:
    """Ask the provider what became of a payment and act on the answer; safe to call any number of times, at once too.

    Call it outside a transaction: the provider is called with none open. The answer is applied in one transaction that locks
    the payee's row and moves the payment by a guarded UPDATE; the payee is told in it, once.
    """
    payment: Payment = Payment.objects.get(pk=payment_id)
    if payment.status in (Status.SUCCEEDED, Status.NEEDS_REVIEW):
        return payment
    if payment.method in BY_STAFF and payment.decision_approved is not True:
        _expire_unproven(payment)
    else:
        _ask_about(payment)
    payment.refresh_from_db()
    return payment


def resolve_now_or_soon(payment_id: UUID | str) -> Payment:
    """For a request: ask the provider if few others wait for one at the moment, else have it asked by a worker."""
    from tenant_apps.payments.tasks import resolve_payment as task

    payment: Payment = Payment.objects.get(pk=payment_id)
    # A call to Moov may block for half a minute, and nobody waits for a provider that fails.
    if payment.method != Method.Name.MOOV and not is_hidden(payment.method):
        with turn_to_call() as may_call:
            if may_call:
                return resolve_payment(payment_id)
    send_soon(task, str(payment_id))
    return payment


def _ask_about(payment: Payment) -> None:
    if payment.status == Status.CREATED and not payment.provider_ref:
        payment = begin_at_provider(payment)
    try:
        provider = gateway_of(payment)
    except ProviderRefused as problem:
        logger.error("payment cannot be asked about", payment=str(payment.pk), detail=problem.detail)
        _note_check(payment, reason=reasons.MISCONFIGURED)
        return
    # Without the provider's reference only a page to send the payer to is missing; a phone may have rung all the same.
    if not payment.provider_ref and provider.capabilities.flow is Flow.REDIRECT and payment.method != Method.Name.WAVE:
        _note_check(payment)
        return
    state = _ask(provider, payment)
    expected = _expected(payment, provider)
    _apply(payment, judge(expected, state), state)


def _expected(payment: Payment, provider: Provider) -> Expected:
    """What a provider has to say of a payment for it to be money. Of a transfer, what staff found on the account."""
    attempt = as_attempt(payment)
    found = attempt.decision.received if attempt.decision else None
    return Expected(found or payment.charge, payment.provider_account, provider.reference_for(attempt))


def _ask(provider: Provider, payment: Payment) -> ProviderState:
    """The provider's answer, after taking money that was approved for a bill that can still be paid."""
    attempt = as_attempt(payment)
    try:
        with watched(payment.method):
            state = provider.fetch(attempt)
            if state.awaiting_capture and _may_capture(payment):
                state = provider.capture(attempt)
            elif state.outcome is Outcome.NOT_FOUND:
                state = _not_found(payment, provider)
    except ProviderUnavailable as trouble:
        logger.warning("provider away", payment=str(payment.pk), reason=trouble.reason, detail=trouble.detail[:200])
        return ProviderState(Outcome.PENDING, reason=reasons.PROVIDER_UNAVAILABLE)
    except ProviderRefused as refusal:
        # A refusal to answer says nothing of the money: a person must look at the keys.
        logger.error("provider refuses to answer", payment=str(payment.pk), reason=refusal.reason)
        return ProviderState(Outcome.PENDING, reason=reasons.MISCONFIGURED)
    return state


def _may_capture(payment: Payment) -> bool:
    """Money that the payer approved is taken only while the bill still needs it."""
    bill = payee_for(payment.purpose).bill_of(payment.subject)
    if not bill.payable or bill.due.currency != payment.currency or payment.amount_minor > bill.due.minor:
        return False
    of_bill = Payment.objects.filter(purpose=payment.purpose, subject=payment.subject)
    return not of_bill.filter(status=Status.NEEDS_REVIEW).exists()


def _not_found(payment: Payment, provider: Provider) -> ProviderState:
    """The provider does not know the attempt: it may be on its way, may never have landed, or is forgotten."""
    now = timezone.now()
    if now - (payment.started_at or payment.created_at) < MAY_STILL_ARRIVE:
        return ProviderState(Outcome.PENDING)
    resendable = provider.capabilities.flow is Flow.PUSH and payment.status in Payment.OPEN
    if resendable and now < payment.expires_at:
        provider.start(as_attempt(payment))  # the same key: at most one request for money
        return ProviderState(Outcome.PENDING)
    return ProviderState(Outcome.FAILED, reason=reasons.APPROVAL_EXPIRED)


def _apply(payment: Payment, judgement: Judgement, state: ProviderState) -> None:
    if judgement.verdict is Verdict.WAIT:
        _note_check(payment, reason=judgement.reason)
        return
    if judgement.verdict is Verdict.FAIL:
        _fail(payment, judgement.reason)
        return
    payee = payee_for(payment.purpose)
    try:
        with transaction.atomic():
            # The product's row first, always: whoever moves a payment holds it.
            payee.lock(payment.subject)
            if judgement.verdict is Verdict.SUCCEED:
                believe(payment=payment, payee=payee, actor=payment.decided_by, **_received(state))
            else:
                _send_to_review(payment, state, judgement)
    except IntegrityError:
        # One movement of money that two attempts claim: a person decides, and only the first is believed.
        logger.exception("a movement of money is claimed twice", payment=str(payment.pk))
        claimed = Judgement(Verdict.REVIEW, reasons.SECOND_SUCCESS)
        with transaction.atomic():
            payee.lock(payment.subject)
            _send_to_review(payment, ProviderState(state.outcome, amount=state.amount), claimed)


def _send_to_review(payment: Payment, state: ProviderState, judgement: Judgement) -> None:
    """Money that does not match opens nothing: a person decides. In the caller's transaction."""
    moved = move_payment(
        payment=payment, to=Status.NEEDS_REVIEW, allowed=Payment.MAY_SUCCEED, reason=judgement.reason,
        next_check_at=None, **_received(state),
    )  # fmt: skip
    if moved:
        logger.error("payment needs review", payment=str(payment.pk), reason=judgement.reason)
        tell_payer(payment, "review", amount=state.amount or payment.charge)


def _received(state: ProviderState) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if state.amount:
        values |= {"received_minor": state.amount.minor, "received_currency": state.amount.currency}
    if state.transaction_ref:
        values["transaction_ref"] = state.transaction_ref
    if state.fee:
        values["fee_minor"] = state.fee.minor
    return values


def _fail(payment: Payment, reason: str) -> None:
    failed = move_payment(
        payment=payment, to=Status.FAILED, reason=reason, next_check_at=None, checked_at=timezone.now()
    )
    if not failed:
        Payment.objects.filter(pk=payment.pk).exclude(status__in=Payment.OPEN).update(next_check_at=None)


def _note_check(payment: Payment, *, reason: str | None = None) -> None:
    """Nothing final: remember that we asked, and when to ask again; `reason` is what the answer was, if there was one.

    Guarded UPDATEs, no lock.
    """
    now = timezone.now()
    payment.next_check_at = next_check(
        started_at=payment.started_at or payment.created_at, now=now, checks=payment.check_count + 1,
        is_unknown=reason in UNANSWERED,
    )  # fmt: skip
    Payment.objects.filter(pk=payment.pk, status__in=Payment.MAY_SUCCEED).update(
        checked_at=now, check_count=F("check_count") + 1, next_check_at=payment.next_check_at
    )
    watch_after_commit(payment)
    if reason is not None:
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(reason=reason)
    if now >= payment.expires_at:
        move_payment(payment=payment, to=Status.EXPIRED, reason=reason or reasons.APPROVAL_EXPIRED)


def _expire_unproven(payment: Payment) -> None:
    """A transfer that nobody proved in time is over; one whose proof waits for staff is not, and one that they reject now has
    a new end. Guarded UPDATEs."""
    now = timezone.now()
    if now < payment.expires_at:
        return
    if not move_payment(payment=payment, to=Status.EXPIRED, allowed=Payment.UNPROVEN, where=Q(expires_at__lte=now),
                        reason=reasons.APPROVAL_EXPIRED, next_check_at=None):  # fmt: skip
        Payment.objects.filter(pk=payment.pk, status=Status.UNDER_REVIEW).update(next_check_at=None)
