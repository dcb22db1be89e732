"""Money that is taken back over the tenant's head: refunds made on the provider's own site, disputes and chargebacks.

Found by asking the provider, after a webhook or when the poller's time has come. By difference for refunds, by its reference for
a dispute: each is booked once, however often it is seen.
"""

from __future__ import annotations

import uuid
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.money import Money
from billing.providers.base import DisputeState, DisputeStatus, ProviderError
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.gateways import gateway_of
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.payments.reversing import TELLING, next_question
from tenant_apps.payments.services.health import watched
from tenant_apps.payments.services.letters import tell_of_dispute
from tenant_apps.payments.services.refund_steps import finish, let_go, note, reserve, worth_of
from tenant_apps.payments.services.refunds import send_refund
from tenant_apps.payments.services.starting import as_attempt
from tenant_apps.payments.services.watching import watch_reversals_after_commit
from tenant_apps.payments.texts import EXTERNAL

logger = structlog.get_logger(__name__)

Status, Origin = Refund.Status, Refund.Origin


def sync_reversals(payment_id: UUID | str) -> int:
    """Ask a provider what was given back or is disputed of a payment, and book what we did not know; how many things.

    Call it outside a transaction: none is open while the provider is asked; each thing found is one transaction that locks the
    payee's row. Safe to repeat, at once too. Nothing happens for money that was not received. Whatever the provider
    answers, it is asked again when its time comes.
    """
    payment: Payment = Payment.objects.get(pk=payment_id)
    came = payment.status == Payment.Status.SUCCEEDED and bool(payment.transaction_ref)
    if not came or payment.method not in TELLING:
        return 0
    for refund in _sent(payment):
        send_refund(refund.pk)
    try:
        provider = gateway_of(payment)
        with watched(payment.method):
            found = provider.fetch_reversals(as_attempt(payment), transaction_ref=payment.transaction_ref)
    except ProviderError as trouble:
        logger.warning("reversals cannot be asked about", payment=str(payment.pk), reason=trouble.reason)
        _ask_later(payment)
        return 0
    booked = [note_dispute(payment_id=payment.pk, state=state) for state in found.disputes]
    if found.refunded is not None and found.refunded.currency == payment.received_currency:
        booked.append(note_refunded(payment_id=payment.pk, total=found.refunded))
    _ask_later(payment)
    return sum(1 for one in booked if one is not None)


def _ask_later(payment: Payment) -> None:
    at = next_question(succeeded_at=payment.succeeded_at or payment.created_at, now=timezone.now())
    payment.reversals_check_at = at
    Payment.objects.filter(pk=payment.pk).update(reversals_check_at=at)
    watch_reversals_after_commit(payment)


def note_refunded(*, payment_id: UUID, total: Money) -> Refund | None:
    """The provider says how much of a payment it has given back in all: what we did not begin was given back there.

    What is sent and not answered may be in `total` already, so it counts as ours; should it fail, the next look finds the
    difference. What staff wrote down as given by hand counts too, so that nothing is booked twice. A refund that waits to be
    sent by hand, of exactly this amount, is this one. One transaction that locks the payee's row.
    """
    with transaction.atomic():
        payment = _locked(payment_id)
        done = payment.refunds.exclude(origin=Origin.DISPUTE).filter(status=Status.SUCCEEDED)
        known = done.aggregate(total=Sum("amount_minor"))["total"] or 0
        extra = total.minor - known - sum(refund.amount_minor for refund in _sent(payment))
        if extra <= 0:
            return None
        by_hand = payment.refunds.filter(is_manual=True, status__in=Refund.OPEN, amount_minor=extra).first()
        if by_hand is not None:
            finish(by_hand)
            return by_hand  # type: ignore[no-any-return]  # untyped manager
        with override(payment.locale):
            reason = _("Given back by the seller at the payment service")
        refund = _reserve(payment, Money(extra, total.currency), Origin.PROVIDER, reason, key=f"refunded:{total.minor}")
        if refund is not None:
            finish(refund)
        return refund


def note_dispute(*, payment_id: UUID, state: DisputeState) -> Refund | None:
    """What a provider says of a dispute, once: open holds the money, lost books it as gone, won lets it go.

    One transaction that locks the payee's row. None where nothing is new. Staff are told of a new one.
    """
    with transaction.atomic():
        payment = _locked(payment_id)
        refund: Refund | None = payment.refunds.filter(origin=Origin.DISPUTE, provider_ref=state.dispute_ref).first()
        is_new = refund is None
        if refund is None:
            refund = _hold(payment, state)
        if refund is None or refund.status not in Refund.OPEN:
            _complain(refund, state)
            return None
        if is_new:
            tell_of_dispute(refund)
        if state.status is DisputeStatus.LOST:
            _shrink(refund, state.amount)
            finish(refund)
        elif state.status is DisputeStatus.WON:
            let_go(refund, "")
        elif not is_new:
            return None
        return refund


def _hold(payment: Payment, state: DisputeState) -> Refund | None:
    """Set the disputed money aside, in so far as it is left; None of a dispute that was over, and won, before it was seen."""
    if state.status is DisputeStatus.WON:
        return None
    left = payment.refundable
    amount = state.amount if state.amount and left and state.amount.currency == left.currency else left
    if amount is None:
        return None
    with override(payment.locale):
        reason = _("Taken back by the payer: disputed at the payment service")
    return _reserve(payment, amount, Origin.DISPUTE, reason, key=f"dispute:{state.dispute_ref}", ref=state.dispute_ref)


def _reserve(payment: Payment, amount: Money, origin: str, reason: str, *, key: str, ref: str = "") -> Refund | None:
    """Keep what the provider did, as far as there is money left for it: what only waits to be sent is let go for it."""
    left = payment.refundable
    if left is not None and left < amount:
        for waiting in payment.refunds.filter(status__in=Refund.OPEN, origin=Origin.STAFF, started_at__isnull=True):
            let_go(waiting, EXTERNAL, only_unsent=True)
        payment.refresh_from_db()
        left = payment.refundable
    if left is None or left.minor <= 0:
        logger.error("more was taken back than was received", payment=str(payment.pk), amount=str(amount))
        return None
    fits = min(amount, left)
    if fits < amount:
        logger.error("more was taken back than is left", payment=str(payment.pk), amount=str(amount), left=str(left))
    refund = Refund(
        payment=payment, amount_minor=fits.minor, currency=fits.currency, bill_minor=worth_of(payment, fits),
        status=Status.PENDING, origin=origin, reason=reason, provider_ref=ref[:255], started_at=timezone.now(),
        idempotency_key=uuid.uuid5(payment.pk, key),
    )  # fmt: skip
    reserve(refund)
    return refund


def _shrink(refund: Refund, amount: Money | None) -> None:
    """A dispute may be lost in part: the rest of what was held is free again."""
    if amount is None or amount.currency != refund.currency or not 0 < amount.minor < refund.amount_minor:
        return
    freed = refund.amount_minor - amount.minor
    worth = refund.bill_minor * amount.minor // refund.amount_minor
    Refund.objects.filter(pk=refund.pk).update(amount_minor=amount.minor, bill_minor=worth)
    Payment.objects.filter(pk=refund.payment_id).update(refunding_minor=F("refunding_minor") - freed)
    refund.amount_minor, refund.bill_minor = amount.minor, worth
    note(refund, "refund.disputed", actor=None)


def _complain(refund: Refund | None, state: DisputeState) -> None:
    """Disputes may be appealed: what was booked stays, and somebody has to look."""
    if refund is None:
        return
    ended = {Status.SUCCEEDED: DisputeStatus.LOST, Status.FAILED: DisputeStatus.WON}[Status(refund.status)]
    if state.status is not ended:
        logger.error("a dispute changed after its end", refund=str(refund.pk), was=ended, now=state.status)


def _locked(payment_id: UUID) -> Payment:
    """A payment, read under its payee's lock."""
    payment: Payment = Payment.objects.get(pk=payment_id)
    payee_for(payment.purpose).lock(payment.subject)
    payment.refresh_from_db()
    return payment


def _sent(payment: Payment) -> list[Refund]:
    """Refunds that its provider may have heard of, without an answer so far."""
    rows = payment.refunds.filter(status__in=Refund.OPEN, is_manual=False, origin=Origin.STAFF)
    return list(rows.filter(started_at__isnull=False))
