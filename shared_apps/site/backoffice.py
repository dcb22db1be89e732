"""Reads of the back office."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, Max, Model, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.models import Payment, TransferReceipt
from provisioning.models import ProvisioningJob
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Filter:
    """One view of the transfer queue."""

    label: str | Promise
    condition: Q


FILTERS: dict[str, Filter] = {
    "waiting": Filter(_("To check"), Q(status=Payment.Status.UNDER_REVIEW)),
    "review": Filter(_("Needs review"), Q(status=Payment.Status.NEEDS_REVIEW)),
    "announced": Filter(_("Without receipt"), Q(status__in=[Payment.Status.CREATED, Payment.Status.PENDING])),
    "decided": Filter(_("Decided"), Q(decided_at__isnull=False) & ~Q(status__in=["under_review", "needs_review"])),
}


def transfers(name: str) -> QuerySet[Payment]:
    """The transfers of one filter, the longest waiting first (decided ones: the latest first)."""
    elsewhere = TransferReceipt.objects.filter(sha256=OuterRef("sha256")).exclude(payment_id=OuterRef("payment_id"))
    copied = TransferReceipt.objects.filter(Exists(elsewhere), payment_id=OuterRef("pk"))
    queue = (
        Payment.objects.filter(FILTERS[name].condition, method__name=gateways.BANK_TRANSFER)
        .select_related("order__user", "decided_by")
        .annotate(last_receipt_at=Max("receipts__created_at"), is_copied=Exists(copied))
    )
    return queue.order_by("-decided_at") if name == "decided" else queue.order_by("last_receipt_at", "created_at")


def transfer_counts() -> dict[str, int]:
    """How many transfers each filter holds. One query."""
    return Payment.objects.filter(method__name=gateways.BANK_TRANSFER).aggregate(
        **{name: Count("pk", filter=one.condition) for name, one in FILTERS.items()}
    )


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


def copies_of(payment: Payment) -> list[TransferReceipt]:
    """Receipts of other payments that are, to the byte, one of this payment's."""
    return list(
        TransferReceipt.objects.filter(sha256__in=[receipt.sha256 for receipt in payment.receipts.all()])
        .exclude(payment_id=payment.pk)
        .select_related("payment__order")[:10]
    )


def history_of(payment: Payment) -> list[AuditLog]:
    """What happened to a payment and its order, newest first."""
    return list(
        AuditLog.objects.filter(
            Q(resource_type="billing.payment", resource_id=str(payment.pk))
            | Q(resource_type="billing.order", resource_id=str(payment.order_id))
        ).order_by("-created_at")[:50]
    )


def history_of_resource(resource: Model, *, but: tuple[str, ...] = ()) -> list[AuditLog]:
    """What happened to one thing, but for some actions, newest first."""
    entries = AuditLog.objects.filter(resource_type=resource._meta.label_lower, resource_id=str(resource.pk))
    return list(entries.exclude(action__in=but).order_by("-created_at")[:50])


def payments_to_review() -> list[Payment]:
    """Money that did not match what was asked, by any method, oldest first."""
    return list(
        Payment.objects.filter(status=Payment.Status.NEEDS_REVIEW)
        .select_related("order__user", "method")
        .order_by("created_at")[:50]
    )


def stuck_jobs() -> list[ProvisioningJob]:
    """Paid orders whose workspace did not come to life."""
    return list(
        ProvisioningJob.objects.filter(status=ProvisioningJob.Status.STUCK)
        .select_related("order__user", "order__plan_version__plan")
        .order_by("created_at")[:50]
    )
