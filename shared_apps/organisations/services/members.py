"""Who belongs to an organisation. Every change locks the organisation's row first, so that one waits for the other.

The account of whoever becomes an owner is locked after it: it stays open until that is done.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict, NotAllowed, NotFound
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.policies import may_manage
from shared_apps.organisations.services.following import announce_membership
from shared_apps.organisations.services.invitations import revoke_open
from shared_apps.organisations.services.locks import access_place, lock_organisation, not_yours

Role = Membership.Role


@transaction.atomic
def change_role(*, organisation_id: uuid.UUID, member_id: int, role: str, by: Any) -> Membership:
    """Give a member another role. One transaction; locks the organisation, then the account of a new owner.

    Raises NotFound, NotAllowed (above one's own power, or one's own role) and Conflict for the last owner
    or a closed account that would own it.
    """
    organisation = lock_organisation(organisation_id)
    actor, member = access_place(by, organisation), _member(organisation, member_id)
    if member.role == role:
        return member
    if actor.pk == member.pk:
        raise NotAllowed("own_role", _("Nobody changes their own role. Ask another owner."), field="role")
    if not may_manage(actor.role, member.role, role):
        raise not_yours()
    _check_owner_remains(organisation, member)
    if role == Role.OWNER:
        _check_may_own(member)
    _set_role(organisation, member, role, by=by)
    _tell(member, "membership_role", {"role": role})
    return member


@transaction.atomic
def remove_member(*, organisation_id: uuid.UUID, member_id: int, by: Any) -> None:
    """End somebody's place, and take back the invitations they sent. One transaction; locks the organisation.

    Raises NotFound, NotAllowed and Conflict for the last owner
    or a closed account that would own it.
    """
    organisation = lock_organisation(organisation_id)
    actor, member = access_place(by, organisation), _member(organisation, member_id)
    if actor.pk == member.pk or not may_manage(actor.role, member.role):
        raise not_yours()
    _end(organisation, member, by=by)
    _tell(member, "membership_ended", {})


@transaction.atomic
def leave(*, organisation_id: uuid.UUID, user: Any) -> None:
    """Give one's own place up. One transaction; locks the organisation. Raises NotFound, and Conflict for the last owner."""
    organisation = lock_organisation(organisation_id)
    _end(organisation, access_place(user, organisation), by=user)


@transaction.atomic
def transfer_ownership(*, organisation_id: uuid.UUID, member_id: int, by: Any) -> Membership:
    """Make a member the owner, and the one who hands over an administrator.

    One transaction; locks the organisation, then the new owner's account. The caller has asked for a fresh proof of who
    `by` is. Raises NotFound, NotAllowed, and Conflict for a closed account.
    """
    organisation = lock_organisation(organisation_id)
    actor, member = access_place(by, organisation), _member(organisation, member_id)
    if actor.role != Role.OWNER or actor.pk == member.pk:
        raise not_yours()
    _check_may_own(member)
    if member.role != Role.OWNER:
        _set_role(organisation, member, Role.OWNER, by=by)
    if organisation.owner_id == actor.user_id:
        _set_owner(organisation, member.user_id, by=by)
    _set_role(organisation, actor, Role.ADMIN, by=by)
    for person in (member, actor):
        _tell(person, "ownership_moved", {"owner": str(member.user)})
    return member


def _member(organisation: Organisation, member_id: int) -> Membership:
    member = organisation.memberships.filter(pk=member_id).select_related("user").first()
    if member is None:
        raise NotFound
    return member


def _set_role(organisation: Organisation, member: Membership, role: str, *, by: Any) -> None:
    before = member.role
    member.role = role
    member.save(update_fields=["role"])
    record(
        action="membership.role_changed",
        category=AuditCategory.ORGANISATION,
        resource=member,
        actor=by,
        before={"role": before},
        after={"role": role, "email": member.user.email, "organisation": str(organisation.pk)},
    )
    _settle_owner(organisation, by=by)
    announce_membership(organisation_id=organisation.pk, user_id=member.user_id)


def _end(organisation: Organisation, member: Membership, *, by: Any) -> None:
    _check_owner_remains(organisation, member)
    revoke_open(organisation.invitations.filter(invited_by_id=member.user_id), by=by)
    record(
        action="membership.ended",
        category=AuditCategory.ORGANISATION,
        resource=member,
        actor=by,
        before={"role": member.role, "email": member.user.email, "organisation": str(organisation.pk)},
    )
    user_id = member.user_id
    Membership.objects.filter(pk=member.pk).delete()
    _settle_owner(organisation, by=by)
    announce_membership(organisation_id=organisation.pk, user_id=user_id)


def _settle_owner(organisation: Organisation, *, by: Any) -> None:
    """Keep `Organisation.owner` one of its owners: the longest-standing one when it is none any more.

    Left alone when nobody can take over, as when the platform has shut the only owner's account.
    """
    owners = list(_owners(organisation).order_by("created_at", "pk").values_list("user_id", flat=True))
    if owners and organisation.owner_id not in owners:
        _set_owner(organisation, owners[0], by=by)


def _set_owner(organisation: Organisation, user_id: uuid.UUID, *, by: Any) -> None:
    before, organisation.owner_id = organisation.owner_id, user_id
    organisation.save(update_fields=["owner"])
    record(
        action="organisation.owner_changed",
        category=AuditCategory.ORGANISATION,
        resource=organisation,
        actor=by,
        before={"owner": str(before)},
        after={"owner": str(user_id)},
    )


def _owners(organisation: Organisation) -> QuerySet[Membership]:
    """Those who can manage it: somebody who closed their account cannot."""
    return organisation.memberships.filter(role=Role.OWNER, user__is_active=True)


def _check_may_own(member: Membership) -> None:
    if not User.objects.select_for_update().get(pk=member.user_id).is_active:
        raise Conflict("account_closed", _("This person closed their account. Choose somebody else."), field="role")


def _check_owner_remains(organisation: Organisation, member: Membership) -> None:
    others = _owners(organisation).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise Conflict(
            "last_owner", _("An organisation needs an owner. Hand it over to somebody else first, then try again.")
        )


def _tell(member: Membership, template: str, context: dict[str, Any]) -> None:
    person, organisation = member.user, member.organisation
    notify_by_email(
        key=f"{template}:{uuid.uuid4()}",
        template=template,
        recipient=person.email,
        locale=person.locale,
        context={
            "name": person.get_short_name(),
            "organisation": organisation.name,
            "url": platform_url("/organisations/"),
            **context,
        },
    )
