"""What becomes of places and invitations when their person is forgotten, or when they are long over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.organisations.models import Impersonation, Invitation, Membership, Organisation
from shared_apps.organisations.services.members import leave


def forget_person(*, user: Any, contacts: Collection[str]) -> None:
    """Give up every place, and forget invitations and visits that name one of their addresses. Part of the erasing transaction.

    The caller holds the organisations (`lock_organisations_of`); raises Conflict for a last owner.
    """
    # What is closed is as it was left, and an account's row stays.
    places = Membership.objects.filter(user_id=user.pk).exclude(organisation__status=Organisation.Status.CLOSED)
    for organisation_id in places.order_by("organisation_id").values_list("organisation_id", flat=True):
        leave(organisation_id=organisation_id, user=user)
    _forget(Invitation.objects.filter(email__in=contacts))
    named = reduce(or_, (Q(person=one) | Q(person__endswith=f"({one})") for one in contacts))
    for visit in Impersonation.objects.filter(named):
        visit.person = ""
        visit.save(update_fields=["person"])
        record(action="impersonation.person_forgotten", category=AuditCategory.SECURITY, resource=visit)


@transaction.atomic
def forget_old_invitations(*, before: datetime) -> int:
    """Delete the invitations that ended before a moment, whichever way; how many. One transaction, locks their rows."""
    over = Q(accepted_at__lt=before) | Q(revoked_at__lt=before) | Q(expires_at__lt=before)
    return _forget(Invitation.objects.filter(over).select_for_update(skip_locked=True))


def _forget(invitations: QuerySet[Invitation]) -> int:
    """Delete invitations; what is noted names nobody."""
    found = list(invitations)
    for invitation in found:
        facts = {"role": invitation.role, "organisation": str(invitation.organisation_id)}
        record(
            action="organisation.invitation.forgotten",
            category=AuditCategory.ORGANISATION,
            resource=invitation,
            before=facts,
        )
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in found]).delete()
    return len(found)
