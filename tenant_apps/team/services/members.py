"""Who works here. Whatever changes members, seats, invitations or roles locks the team first."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_url
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import current_tenant
from shared_apps.organisations.own import own_organisation
from tenant_apps.team.models import Member, Role
from tenant_apps.team.policies import Standing
from tenant_apps.team.selectors import member_of, role_standing, standing_of
from tenant_apps.team.services.api_keys import revoke_keys_of
from tenant_apps.team.services.locks import lock_team

TEAM_FULL = _(
    "Your plan %(plan)s includes a team of %(limit)s, and all places are taken. Remove somebody, or move to a larger plan."
)


@transaction.atomic
def add_member(*, user: User, role: Role, by: User | None, message: str | Promise = TEAM_FULL) -> Member:
    """Give an account a place in the team. Locks the team; one transaction.

    Whether `by` may do so is the caller's question; None is the platform. `message` is for a team without a free
    place. Raises QuotaReached, Conflict (`already_member`, `role_gone`) and DomainError (`customer_role`).
    """
    lock_team()
    if Member.objects.filter(user=user).exists():
        raise Conflict("already_member", _("This account has a place in the team already."))
    role = staff_role(role)
    quotas.reserve("users", message=message)
    member = Member.objects.create(user=user, role=role)
    _mark_staff(user, works_here=True)
    record(action="team.member.joined", category=AuditCategory.USER, resource=user, actor=by, after=_facts(member))
    return member


@transaction.atomic
def change_role(*, member: Member, role: Role, by: User | None) -> Member:
    """Give a member another role, at once. Locks the team; one transaction.

    `by` None is the platform, which is not asked what it may do. Raises NotAllowed (`not_allowed`, `own_role`,
    `above_you`), Conflict (`member_gone`, `role_gone`) and DomainError (`last_owner`, `organisation_owner`,
    `customer_role`).
    """
    lock_team()
    member, role = _current(member), staff_role(role)
    if by is not None:
        _check_reaches(by, member, role_standing(role))
    if member.role_id == role.pk:
        return member
    if not role.is_owner:
        check_not_last_owner(member)
        _check_not_from_platform(member, by)
    _set_role(member, role, by=by, action="team.member.role_changed")
    return member


@transaction.atomic
def remove_member(*, member: Member, by: User | None) -> None:
    """Take somebody's place and end all their sessions; the account stays, as a customer's. Locks the team; one transaction.

    `by` None is the platform. Raises as `change_role` does; somebody who has gone already is no error.
    """
    lock_team()
    if not Member.objects.filter(pk=member.pk).exists():
        return
    member = _current(member)
    if by is not None:
        _check_reaches(by, member)
    check_not_last_owner(member)
    _check_not_from_platform(member, by)
    _end_membership(member, by=by, action="team.member.removed")


@transaction.atomic
def leave(*, user: User) -> None:
    """Give up one's own place. Locks the team; one transaction. Raises DomainError (`last_owner`, `organisation_owner`)."""
    lock_team()
    member = member_of(user)
    if member is None:
        return
    check_not_last_owner(member)
    _check_not_from_platform(member, user)
    _end_membership(member, by=user, action="team.member.left")


@transaction.atomic
def transfer_ownership(*, to: Member, by: User) -> None:
    """Make a member the owner and the owner an administrator. Locks the team; one transaction.

    Raises NotAllowed (`not_owner`), Conflict (`member_gone`) and DomainError (`organisation_owner`, `to_yourself`,
    `account_closed`).
    """
    lock_team()
    giver = Member.objects.select_related("user", "role").filter(user=by, role__key=Role.OWNER).first()
    if giver is None:
        raise NotAllowed("not_owner", _("Only an owner can hand the workspace over."))
    _check_not_from_platform(giver, by)
    to = _current(to)
    if to.pk == giver.pk:
        raise DomainError("to_yourself", _("Choose somebody else."), field="member")
    if not to.user.is_active:
        raise DomainError("account_closed", _("This person's account is closed."), field="member")
    administrator = Role.objects.get(key=Role.ADMINISTRATOR)
    _set_role(to, giver.role, by=by, action="team.ownership.received")
    _set_role(giver, administrator, by=by, action="team.ownership.given")


def check_may_manage(by: User, *given: Standing) -> None:
    """Pass when `by` may manage members and give or take all that is `given`; read now, under the team's lock.

    Raises NotAllowed (`not_allowed`, `above_you`).
    """
    mine = standing_of(by)
    if not mine.may_manage():
        raise NotAllowed("not_allowed", _("Your role does not let you manage the team."))
    if not mine.may_manage(*given):
        raise NotAllowed("above_you", _("This role may do more than you may yourself. Ask an owner."), field="role")


def check_not_last_owner(member: Member) -> None:
    """Pass unless the workspace would be left without an owner. The caller holds the team's lock; raises DomainError."""
    others = Member.objects.filter(role__key=Role.OWNER, user__is_active=True).exclude(pk=member.pk)
    if member.role.is_owner and not others.exists():
        raise DomainError(
            "last_owner", _("This is the last owner, and a workspace needs one. Hand it over to somebody first.")
        )


def owns_organisation(user: User) -> bool:
    """Whether this account is the organisation's owner's, who is always an owner here too. One query."""
    return user.platform_user_id is not None and own_organisation().owner_id == user.platform_user_id


def _check_not_from_platform(member: Member, by: User | None) -> None:
    """Pass for the platform, and for members whose place does not come from owning the organisation."""
    if by is not None and owns_organisation(member.user):
        raise DomainError(
            "organisation_owner",
            _(
                "%(name)s owns the organisation, and with it this workspace. Hand the organisation over on its page first:"
                " the workspace follows."
            )
            % {"name": member},
        )


def staff_role(role: Role) -> Role:
    """The role as it is now, under the team's lock; raises Conflict when it has gone, DomainError when it is customers'."""
    current = Role.objects.filter(pk=role.pk).first()
    if current is None:
        raise Conflict("role_gone", _("This role was deleted meanwhile. Choose another."), field="role")
    if current.for_customers:
        raise DomainError("customer_role", _("This role is for customers. Choose one for the team."), field="role")
    return current


def _check_reaches(by: User, member: Member, *given: Standing) -> None:
    if member.user_id == by.pk:
        raise NotAllowed("own_role", _("You cannot change your own place in the team. You can leave it."))
    check_may_manage(by, role_standing(member.role), *given)


def _current(member: Member) -> Member:
    found = Member.objects.select_related("user", "role").filter(pk=member.pk).first()
    if found is None:
        raise Conflict("member_gone", _("This person no longer works here."))
    return found


def _set_role(member: Member, role: Role, *, by: User | None, action: str) -> None:
    before = _facts(member)
    member.role = role
    member.save(update_fields=["role"])
    record(
        action=action, category=AuditCategory.USER, resource=member.user, actor=by, before=before, after=_facts(member)
    )
    with translation.override(member.user.locale):
        _tell(member.user, by, role=str(role))


def _tell(person: User, by: User | None, *, role: str) -> None:
    """Mail a person what others have done to their place; the platform tells of what it does itself."""
    if by is None or by.pk == person.pk:
        return
    notify_by_email(
        key=f"team-place:{uuid4()}",
        template="team_place",
        recipient=person.email,
        locale=person.locale,
        context={
            "name": person.get_short_name(),
            "organisation": current_tenant().name,
            "role": role,
            "url": own_url("/staff/"),
        },
    )


def _end_membership(member: Member, *, by: User | None, action: str) -> None:
    user, before = member.user, _facts(member)
    quotas.release("users")
    member.delete()
    _mark_staff(user, works_here=False)
    record(action=action, category=AuditCategory.USER, resource=user, actor=by, before=before)
    end_all_sessions(user=user, actor=by)
    revoke_keys_of(user=user, by=by)
    _tell(user, by, role="")


def _mark_staff(user: User, *, works_here: bool) -> None:
    user.is_staff = works_here
    user.save(update_fields=["is_staff"])


def _facts(member: Member) -> dict[str, str]:
    return {"role": member.role.name or member.role.key}
