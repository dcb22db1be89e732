"""What becomes of an organisation when one of its people is forgotten."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict
from shared_apps.organisations.models import Membership, Organisation


def check_owns_nothing_alone(*, user: Any) -> None:
    """Pass when every live organisation of this person has another owner. Locks those organisations; raises Conflict."""
    mine = Membership.objects.filter(user_id=user.pk, role=Membership.Role.OWNER).values("organisation_id")
    owned = Organisation.objects.filter(pk__in=mine) | Organisation.objects.filter(owner_id=user.pk)
    for organisation in owned.exclude(status=Organisation.Status.CLOSED).order_by("pk").select_for_update():
        others = organisation.memberships.filter(role=Membership.Role.OWNER).exclude(user_id=user.pk)
        if organisation.owner_id == user.pk or not others.exists():
            raise Conflict(
                "sole_owner",
                _("%(organisation)s would be left without an owner. Hand it over to somebody, or close it, first.")
                % {"organisation": organisation.name},
                extra={"url": platform_url("/organisations/"), "label": str(_("My organisations"))},
            )


def end_memberships(*, user: Any) -> None:
    """End a person's memberships. Part of the erasing transaction, which holds the person's row."""
    for membership in Membership.objects.filter(user_id=user.pk).select_related("organisation"):
        record(
            action="member.removed",
            category=AuditCategory.ORGANISATION,
            resource=membership,
            before={"role": membership.role, "organisation": str(membership.organisation_id)},
        )
        membership.delete()
