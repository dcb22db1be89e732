"""Reads of the transfer desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.models import Payment, ReceiptTwin, TransferDecision, TransferReceipt
from shared_apps.core.errors import NotFound

Status = TransferDecision.Status


@dataclass(frozen=True, slots=True)
class Filter:
    """One view of the transfer queue. `live` in its condition is the state of a verdict that does not count yet."""

    label: str | Promise
    condition: Q


FILTERS: dict[str, Filter] = {
    "waiting": Filter(_("To check"), Q(status=Payment.Status.UNDER_REVIEW, live__isnull=True)),
    "second": Filter(_("For a second person"), Q(live=Status.AWAITING_SECOND)),
    "undoable": Filter(_("About to count"), Q(live=Status.WAITING)),
    "partial": Filter(
        _("Partly paid"), Q(status=Payment.Status.SUCCEEDED, decision_kind="partial", order__status="awaiting_payment")
    ),
    "review": Filter(_("To decide"), Q(status=Payment.Status.NEEDS_REVIEW)),
    "announced": Filter(
        _("Without receipt"), Q(status__in=[Payment.Status.CREATED, Payment.Status.PENDING], live__isnull=True)
    ),
    "decided": Filter(
        _("Decided"),
        Q(decided_at__isnull=False) & ~Q(status__in=["under_review", "needs_review"]),
    ),
}
WAITING: dict[str, str | Promise] = {
    "late": _("Late"),
    "soon": _("Soon late"),
    "in_time": _("In time"),
}


def _all() -> QuerySet[Payment]:
    live = TransferDecision.objects.filter(payment=OuterRef("pk"), status__in=TransferDecision.LIVE)
    return Payment.objects.filter(method__name=gateways.BANK_TRANSFER).annotate(
        live=Subquery(live.values("status")[:1])
    )


def transfers(name: str, *, q: str = "", waiting: str = "") -> QuerySet[Payment]:
    """The transfers of one filter, the longest waiting first (decided ones: the latest first).

    `q` is part of an order's number, a reference, or a name; `waiting` one of WAITING.
    """
    elsewhere = TransferReceipt.objects.filter(sha256=OuterRef("sha256")).exclude(payment_id=OuterRef("payment_id"))
    copied = TransferReceipt.objects.filter(Exists(elsewhere), payment_id=OuterRef("pk"))
    alike = ReceiptTwin.objects.filter(receipt__payment=OuterRef("pk"))
    queue = (
        _all()
        .filter(FILTERS[name].condition)
        .select_related("order__user", "decided_by")
        .annotate(is_copied=Exists(copied), is_alike=Exists(alike))
        .annotate(last_receipt_at=Max("receipts__created_at"))
        .annotate(waiting_since=Coalesce("last_receipt_at", "created_at"))
    )
    for word in q.split():
        queue = queue.filter(_matches(word))
    queue = queue.filter(_age(waiting)) if waiting in WAITING else queue
    return queue.order_by("-decided_at") if name == "decided" else queue.order_by("waiting_since")


def _matches(word: str) -> Q:
    decided = TransferDecision.objects.filter(payment=OuterRef("pk")).filter(
        Q(bank_reference__icontains=word) | Q(reference__icontains=word)
    )
    declared = TransferReceipt.objects.filter(payment=OuterRef("pk"), declared_reference__icontains=word)
    return (
        Q(order__number__icontains=word) | Q(order__organisation_name__icontains=word)
        | Q(order__customer_name__icontains=word) | Q(order__user__email__icontains=word)
        | Exists(decided) | Exists(declared)
    )  # fmt: skip


def _age(waiting: str) -> Q:
    """As `ageing.age_of` says it."""
    limit = timedelta(hours=settings.TRANSFER_CHECK_HOURS)
    late, soon = timezone.now() - limit, timezone.now() - limit / 2
    if waiting == "late":
        return Q(waiting_since__lte=late)
    return Q(waiting_since__gt=late, waiting_since__lte=soon) if waiting == "soon" else Q(waiting_since__gt=soon)


def transfer_counts() -> dict[str, int]:
    """How many transfers each filter holds. One query."""
    return _all().aggregate(**{name: Count("pk", filter=one.condition) for name, one in FILTERS.items()})


def get_transfer(payment_id: UUID) -> Payment:
    """A transfer with its order and receipts; raises NotFound."""
    payment = (
        Payment.objects.select_related("order__user", "order__plan_version__plan", "method", "decided_by")
        .prefetch_related("receipts")
        .filter(pk=payment_id, method__name=gateways.BANK_TRANSFER)
        .first()
    )
    if payment is None:
        raise NotFound
    return payment


def since_of(payment: Payment) -> datetime:
    """Since when a transfer waits: its latest receipt, or its announcement. No query after `get_transfer`."""
    return max((receipt.created_at for receipt in payment.receipts.all()), default=payment.created_at)


def decisions_of(payment: Payment) -> list[TransferDecision]:
    """Every verdict on a transfer, the newest first."""
    return list(payment.decisions.select_related("admin", "second_admin", "undone_by", "line", "payment__order"))


def copies_of(payment: Payment) -> list[TransferReceipt]:
    """Receipts of other payments that are, to the byte, one of this payment's."""
    return list(
        TransferReceipt.objects.filter(sha256__in=[receipt.sha256 for receipt in payment.receipts.all()])
        .exclude(payment_id=payment.pk)
        .select_related("payment__order")[:10]
    )


def twins_of(payment: Payment) -> list[ReceiptTwin]:
    """Receipts of other payments that show the same picture, though they are another file."""
    twins = ReceiptTwin.objects.filter(receipt__payment=payment).exclude(other__sha256=F("receipt__sha256"))
    return list(twins.select_related("receipt", "other__payment__order")[:10])


def same_reference(payment: Payment, references: set[str]) -> list[TransferDecision]:
    """Verdicts on other payments that name one of these references of a bank."""
    if not references:
        return []
    used = TransferDecision.objects.filter(bank_reference__in=references).exclude(payment_id=payment.pk)
    return list(used.exclude(status__in=[Status.UNDONE, Status.SENT_BACK]).select_related("payment__order")[:10])
