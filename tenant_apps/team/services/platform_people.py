"""Accounts of people who come in from the platform.

A place on the platform gives a role here: owner -> owner, admin -> administrator, member -> the product's smallest role of
staff; billing gives none. The first entry takes a seat with that role; afterwards the workspace's own team pages may
change it, until the place on the platform changes again. Whoever was taken off the team here stays off, unless they own or
administer the organisation.

An account with the same address may be here already. One whose address was proved belongs to the same mailbox and is
joined to the platform's; all its sessions end, because they were not opened by staff. One that was never proved may be a
stranger's: its password, keys and sign-ins are dropped first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing import quotas
from shared_apps.accounts.models import SecondFactor, User
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, NotAllowed
from shared_apps.organisations.current import current_tenant
from tenant_apps.team.models import Member, Role
from tenant_apps.team.products import product_config
from tenant_apps.team.services.locks import lock_team
from tenant_apps.team.services.members import add_member, change_role, remove_member

OWNER, ADMINISTRATOR = "owner", "admin"  # places on the platform that no workspace can refuse


@dataclass(frozen=True, slots=True)
class PlatformPerson:
    """A platform account whose address is proved, read before the switch into the tenant."""

    id: UUID
    email: str
    first_name: str
    last_name: str
    locale: str

    @classmethod
    def of(cls, account: Any) -> PlatformPerson:
        """The person behind a platform account."""
        return cls(account.pk, account.email, account.first_name, account.last_name, account.locale)


def role_key_for(place: str, *, product: str) -> str | None:
    """The role a place on the platform gives in a workspace; None: it does not lead in."""
    if place == "member":
        return [role.key for role in product_config(product).all_roles() if not role.for_customers][-1]
    return {OWNER: Role.OWNER, ADMINISTRATOR: Role.ADMINISTRATOR}.get(place)


@transaction.atomic
def ensure_owner(*, person: PlatformPerson) -> User:
    """The owner's own account in the tenant, made unless it is there. One transaction; locks the team.

    Their seat counts, but no limit is asked: whoever owns the organisation can always get in and make room.
    """
    role = lock_team()
    user = _account_of(person)
    member = Member.objects.filter(user=user).first()
    if member:
        change_role(member=member, role=role, by=None)
        return user
    quotas.count_in("users")
    Member.objects.create(user=user, role=role)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    record(
        action="team.member.joined", category=AuditCategory.USER, resource=user, actor=user, after={"role": role.key}
    )
    return user


@transaction.atomic
def enter_as(*, person: PlatformPerson, place: str) -> User:
    """The account a person enters with, made or joined at the first entry. One transaction; locks the team.

    Raises NotAllowed for billing, for closed accounts and for those taken off the team here; QuotaReached when no seat is
    free; Conflict when the address belongs to somebody else here.
    """
    key = role_key_for(place, product=current_tenant().product)
    if key is None:
        raise NotAllowed("no_workspace_role", _("Your role looks after billing. It does not open the workspace."))
    if place == OWNER:
        return ensure_owner(person=person)
    lock_team()
    is_known = User.objects.filter(platform_user_id=person.id).exists()
    user = _account_of(person)
    if Member.objects.filter(user=user).exists():
        return user
    if is_known and place != ADMINISTRATOR:
        raise NotAllowed(
            "removed_here",
            _("You were taken off the team of this workspace. Ask its administrators to invite you again."),
        )
    add_member(user=user, role=Role.objects.get(key=key), by=None)
    return user


@transaction.atomic
def follow_place(*, person: PlatformPerson, place: str) -> None:
    """Bring a person who has entered before in line with their place. One transaction; locks the team.

    `place` is "" when it has ended. A lost way in ends seat and sessions; the account lives on as a customer's.
    """
    lock_team()
    user = User.objects.filter(platform_user_id=person.id).first()
    if user is None:
        return
    member = Member.objects.filter(user=user).first()
    key = role_key_for(place, product=current_tenant().product) if place else None
    if key is None:
        _let_go(user, member)
        return
    _follow_person(user, person)
    if member:
        change_role(member=member, role=Role.objects.get(key=key), by=None)


def _account_of(person: PlatformPerson) -> User:
    user = User.objects.filter(platform_user_id=person.id).first()
    if user is None:
        user = _join(person) or _make(person)
    if not user.is_active:
        raise NotAllowed("account_closed", _("Your account in this workspace is closed. Ask its administrators."))
    _follow_person(user, person)
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user


def _make(person: PlatformPerson) -> User:
    user = User.objects.create_user(
        person.email,
        platform_user_id=person.id,
        first_name=person.first_name,
        last_name=person.last_name,
        locale=person.locale,
    )
    record(action="account.created", category=AuditCategory.USER, resource=user, actor=user, after={"from": "platform"})
    return user


def _join(person: PlatformPerson) -> User | None:
    """The account that has the person's address here, joined to the platform's; None when nobody has it."""
    user = User.objects.select_for_update().filter(email=person.email).first()
    if user is None:
        return None
    if user.platform_user_id is not None:
        raise Conflict(
            "address_taken_here",
            _("Another account has your address in this workspace. Ask its administrators, or write to us."),
        )
    was_proved = EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    if not was_proved:
        drop_ways_in(user)
    end_all_sessions(user=user, actor=user)
    user.platform_user_id = person.id
    user.save(update_fields=["platform_user_id", "password"])
    record(
        action="account.joined_to_platform", category=AuditCategory.SECURITY, resource=user, actor=user,
        after={"was_proved": was_proved},
    )  # fmt: skip
    return user


def drop_ways_in(user: User) -> None:
    """Take password, keys and sign-ins off an account whose address nobody had proved. The caller records why."""
    user.set_unusable_password()
    SocialAccount.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    SecondFactor.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()


def _follow_person(user: User, person: PlatformPerson) -> None:
    """Take over a new address from the platform, where it was proved, unless somebody else has it here."""
    if user.email == person.email or User.objects.filter(email=person.email).exists():
        return
    before, user.email = user.email, person.email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    record(
        action="account.email_changed", category=AuditCategory.USER, resource=user, actor=user,
        before={"email": before}, after={"email": user.email},
    )  # fmt: skip


def _let_go(user: User, member: Member | None) -> None:
    """Take the seat and every session; another place later begins with a first entry again."""
    if member:
        remove_member(member=member, by=None)
    else:
        end_all_sessions(user=user)
    user.platform_user_id = None
    user.save(update_fields=["platform_user_id"])
    record(
        action="account.parted_from_platform", category=AuditCategory.USER, resource=user, before={"email": user.email}
    )
