"""People of the platform inside the workspaces of their organisations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import User
from shared_apps.accounts.services.registration import is_verified
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.core.errors import DomainError, NotAllowed
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Membership, Organisation
from tenant_apps.team.services.platform_people import PlatformPerson, ensure_owner, enter_as, follow_place

logger = structlog.get_logger(__name__)

# Only here is there a workspace to go to and to keep in line.
_HAS_WORKSPACE = (Organisation.Status.ACTIVE, Organisation.Status.SUSPENDED)


def prepare_entry(*, membership: Membership) -> UUID:
    """Make sure a member has an account and a seat in the workspace; returns the account's id there.

    Called on the platform; one transaction inside the tenant, which locks its team. Raises what `enter_as` raises, and
    NotAllowed for an account whose address is not proved: by the address it may be joined to one that is there.
    """
    if not is_verified(membership.user):
        raise NotAllowed("address_not_proved", _("Please confirm your e-mail address first."))
    person = PlatformPerson.of(membership.user)
    with tenant_context(as_tenant(membership.organisation)):
        return enter_as(person=person, place=membership.role).pk


def on_membership_changed(payload: dict[str, Any]) -> None:
    """Outbox handler: bring one person in line with their place as it is now, in the caller's transaction.

    The owner goes first, so that nobody takes the last owner's role away before the next one has it. Locks the tenant's
    team. Safe to repeat; an organisation without a workspace is left alone.
    """
    organisation = _with_workspace(payload)
    user = User.objects.filter(pk=payload["user"]).first()
    if organisation is None or user is None:
        return
    place = organisation.memberships.filter(user=user).values_list("role", flat=True).first()
    owner, person = PlatformPerson.of(organisation.owner), PlatformPerson.of(user)
    with tenant_context(as_tenant(organisation)):
        try:
            with transaction.atomic():
                ensure_owner(person=owner)
        except DomainError as problem:  # closed there, say: nobody else's place waits for that
            logger.warning("owner not brought in", tenant=organisation.schema_name, code=problem.code)
        follow_place(person=person, place=(place or "") if user.is_active else "")


def on_sessions_ended(payload: dict[str, Any]) -> None:
    """Outbox handler: log a person out of a workspace they have entered, in the caller's transaction. Safe to repeat."""
    organisation = _with_workspace(payload)
    if organisation is None:
        return
    with tenant_context(as_tenant(organisation)):
        account = User.objects.filter(platform_user_id=payload["user"]).first()
        if account is not None:
            end_all_sessions(user=account)


def _with_workspace(payload: dict[str, Any]) -> Organisation | None:
    rows = Organisation.objects.select_related("owner", "plan_version__plan")
    return rows.filter(pk=payload["organisation"], status__in=_HAS_WORKSPACE).first()
