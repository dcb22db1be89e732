"""Reads of organisations, for people who belong to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django_tenants.utils import tenant_context

from shared_apps.core.context import tenant_url
from shared_apps.core.errors import NotFound
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Domain, Invitation, Membership, Organisation
from shared_apps.usage.names import QuotaUse
from shared_apps.usage.selectors import counted_now

# In these states there is a workspace with data to count.
_HAS_DATA = (Organisation.Status.ACTIVE, Organisation.Status.SUSPENDED)


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
    """The plan's quotas and what is used of each, read inside the tenant's own schema and role.

    The same few queries for every organisation; nothing is counted while there is no workspace.
    """
    counted: dict[str, int] = {}
    if organisation.status in _HAS_DATA:
        with tenant_context(as_tenant(organisation)):
            counted = counted_now()
    return [QuotaUse(name, limit, counted.get(name)) for name, limit in organisation.plan_version.quotas.items()]
