"""A platform admin looks at a workspace as one of its people. Both sides' logs say so, and its owner is told.

The platform's row is the truth: the tenant's host reads it at every request (`baobab.impersonation`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import tenant_context

from shared_apps.accounts.handover import handover_url
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import Tenant, as_tenant
from shared_apps.organisations.fleet import surviving
from shared_apps.organisations.models import Impersonation, Organisation


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works in a workspace: the id of their account there, and what they are called."""

    id: uuid.UUID
    label: str
    is_owner: bool


def staff_of(organisation: Organisation) -> list[Person]:
    """The people a workspace can be looked at as, its owner first. Reads inside the tenant."""
    with tenant_context(as_tenant(organisation)):
        people = User.objects.filter(is_staff=True, is_active=True).order_by("first_name", "last_name", "email")
        found = [Person(user.pk, _label(user), user.platform_user_id == organisation.owner_id) for user in people[:200]]
    return sorted(found, key=lambda person: not person.is_owner)


def start_impersonation(
    *, organisation: Organisation, person_id: uuid.UUID, admin: Any, reason: str, read_only: bool
) -> Impersonation:
    """Note an impersonation on both sides and tell the owner; `visit_url` leads in.

    The caller has checked that `admin` is a platform admin who has just proved who they are. One transaction, no lock.
    Raises DomainError on `person` or `reason`, and Conflict while the workspace is not open.
    """
    if organisation.status != Organisation.Status.ACTIVE:
        raise Conflict("workspace_closed", _("This workspace is not open at the moment."))
    if not any(letter.isalnum() for letter in reason):  # spaces that cannot be seen are no reason either
        raise DomainError("reason_required", _("Say why: the owner reads it too."), field="reason")
    person = next((one for one in staff_of(organisation) if one.id == person_id), None)
    if person is None:
        raise DomainError("person_gone", _("This person no longer works there. Choose another."), field="person")
    now, tenant = timezone.now(), as_tenant(organisation)
    with transaction.atomic():
        row = Impersonation.objects.create(
            organisation=organisation,
            admin=admin,
            person_id=person.id,
            person=person.label,
            reason=reason.strip(),
            read_only=read_only,
            started_at=now,
            expires_at=now + Impersonation.LONGEST,
        )
        _record_on_both_sides(row, tenant, "impersonation.started", actor=admin, person=row.person)
        _tell_owner(row)
    return row


def visit_url(row: Impersonation) -> str:
    """The address that begins an open impersonation: a hand-over for the admin who may."""
    return handover_url(account_id=row.person_id, tenant=as_tenant(row.organisation), impersonation=row.pk)


def end_impersonation(*, impersonation_id: uuid.UUID, by: Any = None) -> bool:
    """End one at once, on both sides; whether it was still open. One transaction: a guarded UPDATE decides who ends it.

    Call it on the platform's schema.
    """
    with transaction.atomic():
        rows = Impersonation.objects.select_related("organisation__plan_version__plan", "admin")
        row = rows.filter(pk=impersonation_id).first()
        if row is None or not rows.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=timezone.now(), person=""):
            return False
        # Names nobody: the person may have been forgotten since the visit began.
        _record_on_both_sides(row, as_tenant(row.organisation), "impersonation.ended", actor=by or row.admin)
    return True


def end_expired_impersonations() -> int:
    """Note the end of those whose time is over; how many. They let nobody in by then: this is for the logs.

    Call it on the platform's schema. One transaction each; one tenant's failure stops none of the others.
    """
    expired = Impersonation.objects.filter(ended_at__isnull=True, expires_at__lte=timezone.now())
    ended = 0
    for row in expired.select_related("organisation"):
        with surviving(row.organisation, "end impersonation"):
            ended += end_impersonation(impersonation_id=row.pk)
    return ended


def open_impersonations(organisation: Organisation) -> QuerySet[Impersonation]:
    """Those that go on at this moment."""
    return organisation.impersonations.filter(ended_at__isnull=True, expires_at__gt=timezone.now()).select_related(
        "admin"
    )


def _record_on_both_sides(row: Impersonation, tenant: Tenant, action: str, *, actor: Any, **there: str) -> None:
    """The platform's log names the row; the tenant's, which cannot see it, the account that was looked through.

    Its people are named in the tenant alone (`there`): whoever is forgotten there must not live on in the platform's log.
    """
    facts: dict[str, Any] = {"category": AuditCategory.SECURITY, "actor": actor, "level": "warning"}
    record(action=action, resource=row, after={**_facts(row), "person_id": str(row.person_id)}, **facts)
    with tenant_context(tenant):
        record(action=action, resource=User(pk=row.person_id), after={**_facts(row), **there}, **facts)


def _facts(row: Impersonation) -> dict[str, Any]:
    return {
        "admin": row.admin.email,
        "reason": row.reason,
        "read_only": row.read_only,
        "until": row.expires_at.isoformat(),
    }


def _tell_owner(row: Impersonation) -> None:
    owner = row.organisation.owner
    notify_by_email(
        key=f"impersonation:{row.pk}",
        template="impersonation",
        recipient=owner.email,
        locale=owner.locale,
        context={
            "name": owner.get_short_name(),
            "organisation": row.organisation.name,
            "person": row.person,
            "reason": row.reason,
            "read_only": row.read_only,
            "support": settings.SUPPORT_EMAIL,
            "minutes": int(Impersonation.LONGEST / timedelta(minutes=1)),
        },
    )


def _label(user: User) -> str:
    name = user.get_full_name()
    return f"{name} ({user.email})"[:254] if name else user.email
