"""Reads of the back office."""

from __future__ import annotations

from django.db.models import Model, Q

from billing.models import Payment
from provisioning.models import ProvisioningJob
from shared_apps.audit.models import AuditLog


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


def stuck_jobs() -> list[ProvisioningJob]:
    """Paid orders whose workspace did not come to life."""
    return list(
        ProvisioningJob.objects.filter(status=ProvisioningJob.Status.STUCK)
        .select_related("order__user", "order__plan_version__plan")
        .order_by("created_at")[:50]
    )
