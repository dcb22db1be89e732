"""What becomes of an organisation when one of its people is forgotten."""

from __future__ import annotations

from typing import Any

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.organisations.models import Membership


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
