"""What becomes of a seat when its person is forgotten."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict
from tenant_apps.team.models import Member, Role


def check_other_owner(*, user: User) -> None:
    """Pass unless this person is the workspace's last owner. Locks the owner's role; raises Conflict."""
    owner = Role.objects.select_for_update().filter(key=Role.OWNER).first()
    owners = Member.objects.filter(role=owner)
    if owners.filter(user=user).exists() and not owners.exclude(user=user).filter(user__is_active=True).exists():
        raise Conflict("last_owner", _("You are the last owner here. Hand the workspace over to somebody first."))


def free_seat(*, user: User) -> None:
    """End a person's seat. Part of the erasing transaction, which holds the owner's role."""
    member = Member.objects.select_related("role").filter(user=user).first()
    if member is not None:
        record(
            action="team.member.removed", category=AuditCategory.USER, resource=user, before={"role": member.role.key}
        )
        member.delete()
