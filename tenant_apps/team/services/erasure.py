"""What becomes of a seat when its person leaves."""

from __future__ import annotations

from django.db import transaction

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from tenant_apps.team.models import Member
from tenant_apps.team.services.api_keys import revoke_keys_of
from tenant_apps.team.services.members import check_not_last_owner, lock_team


@transaction.atomic
def check_is_not_needed(*, user: User) -> None:
    """Pass unless this person is the workspace's last owner. Locks the team for the rest of the caller's transaction."""
    lock_team()
    member = Member.objects.select_related("role").filter(user=user).first()
    if member is not None:
        check_not_last_owner(member)


def free_seat(*, user: User) -> None:
    """End a person's seat. Part of the erasing transaction, which holds the team."""
    member = Member.objects.select_related("role").filter(user=user).first()
    if member is not None:
        record(
            action="team.member.removed", category=AuditCategory.USER, resource=user, before={"role": member.role.key}
        )
        member.delete()
        revoke_keys_of(user=user, by=None)
