"""What billing tells a workspace: its plan, until when it is paid, and whether it may be worked in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.organisations.current import announce_change
from shared_apps.organisations.models import Organisation

_MIRRORED = ("status", "plan_version_id", "paid_until")


def set_standing(*, organisation_id: UUID, plan_version_id: int, paid_until: datetime | None, has_access: bool) -> None:
    """Mirror a subscription on its organisation. In the caller's transaction, which holds the subscription's row; locks the
    organisation's. A workspace that is being made or is closed keeps that status. Every process looks the tenant up again: what
    is not mirrored (why it is read-only, until when) may have changed too."""
    announce_change()
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation_id)
    before = {name: getattr(organisation, name) for name in _MIRRORED}
    if organisation.status in (Organisation.Status.ACTIVE, Organisation.Status.SUSPENDED):
        organisation.status = Organisation.Status.ACTIVE if has_access else Organisation.Status.SUSPENDED
    organisation.plan_version_id = plan_version_id
    organisation.paid_until = paid_until
    after = {name: getattr(organisation, name) for name in _MIRRORED}
    if after == before:
        return
    organisation.save(update_fields=["status", "plan_version", "paid_until"])
    found = changes(before, after)
    record(
        action="organisation.standing",
        category=AuditCategory.ORGANISATION,
        resource=organisation,
        before=found["before"],
        after=found["after"],
    )


def close_organisation(*, organisation_id: UUID) -> None:
    """Nobody comes in any more, and its people's list no longer shows it. In the caller's transaction; locks its row."""
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation_id)
    if organisation.status == Organisation.Status.CLOSED:
        return
    before, organisation.status = organisation.status, Organisation.Status.CLOSED
    organisation.save(update_fields=["status"])
    record(
        action="organisation.closed",
        category=AuditCategory.ORGANISATION,
        resource=organisation,
        before={"status": before},
        after={"status": organisation.status},
    )
    announce_change()
