"""What becomes of seats and invitations when their person is forgotten, or when they are long over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from tenant_apps.team.models import Invitation, Member
from tenant_apps.team.services.api_keys import revoke_keys_of
from tenant_apps.team.services.locks import lock_team
from tenant_apps.team.services.members import check_not_last_owner


def check_is_not_needed(*, user: User) -> None:
    """Pass unless this person is the workspace's last owner. Whoever acts on it holds the team."""
    member = Member.objects.select_related("role").filter(user=user).first()
    if member is not None:
        check_not_last_owner(member)


def forget_person(*, user: User, contacts: Collection[str]) -> None:
    """End a person's seat and forget invitations to them. Part of the erasing transaction, which holds the team."""
    member = Member.objects.select_related("role").filter(user=user).first()
    if member is not None:
        record(
            action="team.member.removed", category=AuditCategory.USER, resource=user, before={"role": member.role.key}
        )
        quotas.release("users")
        member.delete()
        revoke_keys_of(user=user, by=None)
    _forget(Invitation.objects.filter(email__in=contacts))


@transaction.atomic
def forget_old_invitations(*, before: datetime) -> int:
    """Delete the invitations that ended before a moment, whichever way; how many. Locks the team; one transaction."""
    lock_team()
    over = Q(accepted_at__lt=before) | Q(revoked_at__lt=before) | Q(expires_at__lt=before)
    return _forget(Invitation.objects.filter(over))


def _forget(invitations: QuerySet[Invitation]) -> int:
    """Delete invitations; what is noted names nobody."""
    found = list(invitations.select_related("role"))
    for invitation in found:
        record(
            action="team.invitation.forgotten",
            category=AuditCategory.USER,
            resource=invitation,
            before={"role": invitation.role.name or invitation.role.key},
        )
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in found]).delete()
    return len(found)
