"""The only way money is believed: ask the provider, compare with what was asked, and move the payment once.

Webhooks, browser returns, pollers and admins all end here; none of them changes a payment by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import gateways, ledger
from billing.models import Order, Payment, Subscription, TransferDecision
from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Flow, Outcome, Provider, ProviderRefused, ProviderState, ProviderUnavailable
from billing.providers.judging import Expected, Judgement, Verdict, judge
from billing.providers.polling import next_check
from billing.providers.turns import turn_to_call
from billing.services.expiry import leave_open
from billing.services.fulfilment import apply_payment
from billing.services.health import watched
from billing.services.ledger import set_unapplied
from billing.services.moves import move_open_payments, move_payment
from billing.services.payment_mail import tell_in_review, tell_of_money, tell_team_of_unclear_answer
from billing.services.payments import as_attempt, begin_at_provider
from billing.services.verdicts import carry_out, live_decision
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from shared_apps.core.soon import send_soon

logger = structlog.get_logger(__name__)

# What asking about a payment reads.
ASKED_WITH = ("order__plan_version__plan", "order__user", "method")
# What a provider's silence, refusal to answer, or unclear answer leaves as the reason.
UNANSWERED = (reasons.PROVIDER_UNAVAILABLE, reasons.MISCONFIGURED, reasons.UNCLEAR)
# MTN: a request that is not found within a minute of being sent may still be on its way (facts of the provider).
MAY_STILL_ARRIVE = timedelta(seconds=60)


def resolve_payment(payment_id: UUID | str) -> Payment:
    """Ask the provider what became of a payment and act on the answer; safe to call any number of times, at once too.

    The provider is called with no transaction open. The answer is applied in one transaction that locks the order row
    and moves the payment by a guarded UPDATE; what follows (provisioning, mail) is left in the outbox with it.
    """
    payment = _load(payment_id)
    return _load(payment_id) if resolve_row(payment) else payment


def resolve_row(payment: Payment) -> bool:
    """The same, given the row with what ASKED_WITH names: whether there was something to ask."""
    if payment.status in (Payment.Status.SUCCEEDED, Payment.Status.NEEDS_REVIEW):
        return False
    ask_about(payment)
    return True


def ask_about(payment: Payment) -> ProviderState | None:
    """The same, whatever the row says became of it: the provider's answer, None if none could be asked for."""
    provider = gateways.gateway(payment.method.name, payment.provider_base_url)
    if provider.capabilities.flow is Flow.MANUAL:
        decision = live_decision(payment.pk)
        if decision is not None and not carry_out(payment.pk):
            return None
        if decision is not None:
            payment = _load(payment.pk)
    if payment.status == Payment.Status.CREATED and not payment.provider_ref:
        payment = begin_at_provider(payment)
    # Without the provider's reference only a page to send the payer to is missing; a phone may have rung all the same.
    if not payment.provider_ref and provider.capabilities.flow is Flow.REDIRECT:
        _note_check(payment)
        return None
    state = _ask(provider, payment)
    _apply(payment, judge(expected_of(payment, provider), state), state)
    return state


def expected_of(payment: Payment, provider: Provider) -> Expected:
    """What a provider has to say of a payment for it to be money. Another amount of a transfer may have been confirmed."""
    confirmed = payment.received if payment.decision_kind in TransferDecision.CONFIRMED else None
    return Expected(confirmed or payment.charge, payment.provider_account, provider.reference_for(as_attempt(payment)))


def resolve_now_or_soon(payment_id: UUID | str) -> Payment:
    """For a request: ask the provider if few others wait for one at the moment, else have it asked by a worker."""
    from billing.tasks import resolve_payment as task

    with turn_to_call() as may_call:
        if may_call:
            return resolve_payment(payment_id)
    send_soon(task, str(payment_id))
    return _load(payment_id)


def _load(payment_id: UUID | str) -> Payment:
    return Payment.objects.select_related(*ASKED_WITH).get(pk=payment_id)


def _ask(provider: Provider, payment: Payment) -> ProviderState:
    """The provider's answer, after taking money that was approved for an order that can still be paid."""
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
        # A refusal to answer says nothing of the money: a person must look at the configuration.
        logger.error("provider refuses to answer", payment=str(payment.pk), reason=refusal.reason)
        return ProviderState(Outcome.PENDING, reason=refusal.reason)
    return state


def _may_capture(payment: Payment) -> bool:
    """Money that the payer approved is taken only while the order still needs it."""
    order = Order.objects.get(pk=payment.order_id)
    wanted = judge_order(order, worth=payment.amount).verdict is Verdict.SUCCEED
    if not wanted or payment.amount_minor > order.due.minor:
        return False
    return not order.payments.filter(status=Payment.Status.NEEDS_REVIEW).exists()


def _not_found(payment: Payment, provider: Provider) -> ProviderState:
    """The provider does not know the attempt: it may be on its way, may never have landed, or is forgotten."""
    started = payment.started_at or payment.created_at
    if timezone.now() - started < MAY_STILL_ARRIVE:
        return ProviderState(Outcome.PENDING)
    if provider.capabilities.flow is Flow.PUSH and payment.status in Payment.OPEN:
        if timezone.now() < payment.expires_at:
            provider.start(as_attempt(payment))  # the same id: at most one request for money
            return ProviderState(Outcome.PENDING)
        return ProviderState(Outcome.FAILED, reason=reasons.APPROVAL_EXPIRED)
    return ProviderState(Outcome.FAILED, reason=reasons.APPROVAL_EXPIRED)


def _apply(payment: Payment, judgement: Judgement, state: ProviderState) -> None:
    if judgement.verdict is Verdict.WAIT:
        if judgement.reason == reasons.UNCLEAR:
            tell_team_of_unclear_answer(payment)
        _note_check(payment, reason=judgement.reason)
        return
    if judgement.verdict is Verdict.FAIL:
        _fail(payment, judgement.reason)
        return
    with transaction.atomic():
        # The order row first, always: whoever moves a payment holds it.
        order = Order.objects.select_for_update().get(pk=payment.order_id)
        if judgement.verdict is Verdict.SUCCEED:
            judgement = _judge_transfer(payment, order) or judge_order(order, worth=payment.worth)
        if judgement.verdict is Verdict.SUCCEED:
            _succeed(payment, order, state)
        else:
            _send_to_review(payment, state, judgement)


def _judge_transfer(payment: Payment, order: Order) -> Judgement | None:
    """What a confirmed amount of a transfer may do: part of the money keeps an order open, and cannot open it again."""
    if payment.received is None or payment.received.currency != order.currency:
        return None
    if payment.decision_kind == TransferDecision.Kind.CREDIT:
        return Judgement(Verdict.SUCCEED)
    if order.status == Order.Status.EXPIRED and payment.decision_kind == TransferDecision.Kind.PARTIAL:
        return Judgement(Verdict.REVIEW, reasons.AMOUNT_MISMATCH)
    return None


def judge_order(order: Order, *, worth: Money) -> Judgement:
    """Money that is right, `worth` so much in the order's currency, may still come for an order that does not want it any
    more: one that is over, that lost its credit with its time, or whose time to be had is over. Two queries at most."""
    if order.status in (Order.Status.PAID, Order.Status.FULFILLED):
        return Judgement(Verdict.REVIEW, reasons.SECOND_SUCCESS)
    if order.status == Order.Status.CANCELLED:
        return Judgement(Verdict.REVIEW, reasons.ORDER_CLOSED)
    if order.kind == Order.Kind.CHANGE and order.period_end and order.period_end <= timezone.now():
        return Judgement(Verdict.REVIEW, reasons.ORDER_CLOSED)
    if order.status == Order.Status.EXPIRED and worth < order.due:
        return Judgement(Verdict.REVIEW, reasons.AMOUNT_MISMATCH)
    if order.status == Order.Status.EXPIRED and order.kind != Order.Kind.FIRST:
        return _judge_late(order)
    return Judgement(Verdict.SUCCEED)


def _judge_late(order: Order) -> Judgement:
    """What an expired renewal or change was for may have been bought otherwise, or be worth something else by now."""
    subscription = Subscription.objects.get(pk=order.subscription_id)
    if order.kind == Order.Kind.CHANGE or subscription.status == Subscription.Status.DELETED:
        return Judgement(Verdict.REVIEW, reasons.ORDER_CLOSED)
    if order.period_start and subscription.paid_until and subscription.paid_until > order.period_start:
        return Judgement(Verdict.REVIEW, reasons.SECOND_SUCCESS)
    return Judgement(Verdict.SUCCEED)


def _succeed(payment: Payment, order: Order, state: ProviderState) -> None:
    """Move the payment and the order, once. In the caller's transaction, which holds the order's row."""
    as_credit = payment.decision_kind == TransferDecision.Kind.CREDIT
    late = not as_credit and (payment.status not in Payment.OPEN or order.status == Order.Status.EXPIRED)
    moved = Payment.objects.filter(pk=payment.pk, status__in=Payment.MAY_SUCCEED).update(
        status=Payment.Status.SUCCEEDED,
        succeeded_at=timezone.now(),
        is_late=late,
        reason="",
        next_check_at=None,
        **_received(state),
    )
    if not moved:
        return
    record(action="payment.succeeded", category=AuditCategory.PAYMENT, resource=payment,
           before={"status": payment.status}, after={"status": "succeeded", "late": late})  # fmt: skip
    payment.refresh_from_db()
    apply_payment(payment=payment, worth=payment.worth, source=ledger.psp(payment.method.name), as_credit=as_credit)
    follow_applied(payment, order)


def follow_applied(payment: Payment, order: Order) -> None:
    """After money was put to an order: other attempts are set aside, or there is time for the rest; and word to the payer.
    In the caller's transaction, which holds the order's row."""
    payment.refresh_from_db()
    order.refresh_from_db()
    if not order.due:
        # Other attempts are not wanted any more; they stay watched, for the payer may approve them all the same.
        move_open_payments(order=order, to=Payment.Status.CANCELLED, but=payment, reason=reasons.CANCELLED)
    elif payment.applied_minor:
        leave_open(order, action="order.partly_paid")
    tell_of_money(payment, order)


def _send_to_review(payment: Payment, state: ProviderState, judgement: Judgement) -> None:
    """Money that does not match opens nothing: a person decides. In the caller's transaction."""
    moved = Payment.objects.filter(pk=payment.pk, status__in=Payment.MAY_SUCCEED).update(
        status=Payment.Status.NEEDS_REVIEW, reason=judgement.reason, next_check_at=None, **_received(state)
    )
    if moved:
        logger.error("payment needs review", payment=str(payment.pk), reason=judgement.reason)
        record(action="payment.needs_review", category=AuditCategory.PAYMENT, resource=payment, level=AuditLog.Level.ERROR,
               before={"status": payment.status}, after={"status": "needs_review", "reason": judgement.reason})  # fmt: skip
        if state.amount:
            set_unapplied(payment=payment, amount=state.amount)
        payment.refresh_from_db()
        tell_in_review(payment, judgement.reason)


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
        payment=payment, to=Payment.Status.FAILED, reason=reason, next_check_at=None, checked_at=timezone.now()
    )
    if not failed:
        Payment.objects.filter(pk=payment.pk).exclude(status__in=Payment.OPEN).update(next_check_at=None)


def _note_check(payment: Payment, *, reason: str | None = None) -> None:
    """Nothing final: remember that we asked, and when to ask again; `reason` is what the answer was, if there was one.

    Guarded UPDATEs, no lock.
    """
    now = timezone.now()
    manual = not payment.method.is_automatic  # asked about when a verdict takes effect, and then only
    due = next_check(
        started_at=payment.started_at or payment.created_at,
        now=now,
        checks=payment.check_count + 1,
        is_unknown=reason in UNANSWERED,
    )
    Payment.objects.filter(pk=payment.pk, status__in=Payment.MAY_SUCCEED).update(
        checked_at=now, check_count=F("check_count") + 1, **({} if manual else {"next_check_at": due})
    )
    if reason is not None:
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(reason=reason)
    if now >= payment.expires_at and not manual:
        move_payment(payment=payment, to=Payment.Status.EXPIRED, reason=reason or reasons.APPROVAL_EXPIRED)
