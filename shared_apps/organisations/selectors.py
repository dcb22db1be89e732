"""Reads of organisations, for people who belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from shared_apps.core.context import tenant_url
from shared_apps.core.errors import NotFound
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Domain, Invitation, Membership, Organisation

# In these states there is a workspace with data to count.
_HAS_DATA = (Organisation.Status.ACTIVE, Organisation.Status.SUSPENDED)


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """One limit of the plan: `limit` None is unlimited, `used` None is not counted."""

    name: str
    limit: int | None
    used: int | None

    @property
    def remaining(self) -> int | None:
        """How much is left; None where there is no limit or no count."""
        if self.limit is None or self.used is None:
            return None
        return max(0, self.limit - self.used)


def memberships_of(user: Any) -> QuerySet[Membership]:
    """A person's places by name, each with its organisation, plan, subscription and hosts; closed ones are left out.

    Two queries, however many there are.
    """
    return (
        Membership.objects.filter(user_id=user.pk)
        .exclude(organisation__status=Organisation.Status.CLOSED)
        .select_related("user", "organisation__plan_version__plan", "organisation__subscription__plan_version")
        .prefetch_related(Prefetch("organisation__domains", Domain.objects.filter(is_primary=True)))
        .order_by("organisation__name", "pk")
    )


def access_membership(user: Any, organisation_id: UUID | str) -> Membership:
    """A person's place in an organisation. Strangers find no such organisation, whatever its id: raises NotFound."""
    membership = memberships_of(user).filter(organisation_id=organisation_id).first()
    if membership is None:
        raise NotFound
    return membership


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Everybody in an organisation, oldest first."""
    return organisation.memberships.select_related("user").order_by("created_at", "pk")


def open_invitations_of(organisation: Organisation) -> QuerySet[Invitation]:
    """The invitations that nobody accepted or took back yet, the latest first; expired ones too: they can be sent again."""
    waiting = organisation.invitations.filter(accepted_at__isnull=True, revoked_at__isnull=True)
    return waiting.select_related("invited_by").order_by("-sent_at", "pk")


def primary_host(organisation: Organisation) -> str:
    """The host of an organisation's workspace, or "" while it has none. Uses prefetched domains."""
    return next((domain.domain for domain in organisation.domains.all() if domain.is_primary), "")


def slug_of(host: str) -> str:
    """The part of a host that is the organisation's own: the subdomain, or all of a custom domain."""
    return host.removesuffix(f".{settings.PLATFORM_HOST}")


def workspace_url(organisation: Organisation) -> str:
    """Where the workspace is, or "" while it has no host."""
    host = primary_host(organisation)
    return tenant_url(host) if host else ""


def usage_of(organisation: Organisation) -> list[QuotaUse]:
    """The plan's quotas and what is used of each, counted inside the tenant's own schema and role."""
    used = _count(organisation) if organisation.status in _HAS_DATA else {}
    return [QuotaUse(name, limit, used.get(name)) for name, limit in organisation.plan_version.quotas.items()]


def _count(organisation: Organisation) -> dict[str, int]:
    product = settings.PRODUCTS.get(organisation.product)
    if product is None or not product.usage:
        return {}
    with tenant_context(as_tenant(organisation)):
        return dict(import_string(product.usage)() or {})
