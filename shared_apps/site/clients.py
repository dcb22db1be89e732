"""Reads of organisations for the back office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from billing.models import Payment, Subscription
from provisioning.models import ProvisioningJob
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import NotFound
from shared_apps.organisations.models import Domain, Membership, Organisation
from shared_apps.organisations.selectors import members_of
from shared_apps.site.payment_rows import told


@dataclass(frozen=True, slots=True)
class Client:
    """An organisation with what support looks at first."""

    organisation: Organisation
    members: list[Membership]
    domains: list[Domain]
    jobs: list[ProvisioningJob]
    payments: list[Payment]
    entries: list[AuditLog]
    subscription: Subscription | None


def clients(*, search: str, status: str, product: str) -> QuerySet[Organisation]:
    """Organisations, the latest first. `search` is part of a name, a host or an owner's address, or a whole id."""
    found = Organisation.objects.select_related("owner", "plan_version__plan").prefetch_related(
        Prefetch("domains", Domain.objects.filter(is_primary=True))
    )
    if status:
        found = found.filter(status=status)
    if product:
        found = found.filter(product=product)
    for word in search.split():
        hosts = Domain.objects.filter(domain__icontains=word).values("tenant_id")
        wanted = Q(name__icontains=word) | Q(owner__email__icontains=word) | Q(pk__in=hosts)
        found = found.filter(wanted | Q(pk=_uuid(word)) if _uuid(word) else wanted)
    return found.order_by("-created_at", "pk")


def get_organisation(organisation_id: UUID) -> Organisation:
    """An organisation with its owner and plan; raises NotFound."""
    found = Organisation.objects.select_related("owner", "plan_version__plan").filter(pk=organisation_id).first()
    if found is None:
        raise NotFound
    return found


def client(organisation: Organisation) -> Client:
    """Everything the page of an organisation shows; a fixed number of queries."""
    return Client(
        organisation=organisation,
        members=list(members_of(organisation)[:100]),
        domains=list(organisation.domains.order_by("-is_primary", "domain")),
        jobs=list(ProvisioningJob.objects.filter(order__organisation=organisation).select_related("order")[:20]),
        payments=list(
            told(Payment.objects.filter(order__organisation=organisation))
            .select_related("order", "method")
            .order_by("-created_at")[:20]
        ),
        entries=_entries_of(organisation),
        subscription=Subscription.objects.select_related("organisation", "plan_version__plan")
        .filter(organisation=organisation)
        .first(),
    )


def _entries_of(organisation: Organisation) -> list[AuditLog]:
    """What happened to the organisation and its places lately. Ended places are named by their entries only."""
    own = Q(resource_type="organisations.organisation", resource_id=str(organisation.pk))
    people: Any = Q(resource_type__startswith="organisations.") & (
        Q(after__organisation=str(organisation.pk)) | Q(before__organisation=str(organisation.pk))
    )
    visits = [str(pk) for pk in organisation.impersonations.values_list("pk", flat=True)[:50]]
    looked_at = Q(resource_type="organisations.impersonation", resource_id__in=visits)
    return list(AuditLog.objects.filter(own | people | looked_at).order_by("-created_at")[:20])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
