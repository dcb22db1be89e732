"""Who may do what in an organisation of the platform. Pure decisions.

Owners manage everybody. Administrators manage those who only pay or only work: billing and member.
"""

from __future__ import annotations

from shared_apps.organisations.models import Membership

Role = Membership.Role

# What each role may give, and whom it may change or remove.
_MANAGES: dict[str, tuple[str, ...]] = {
    Role.OWNER: (Role.OWNER, Role.ADMIN, Role.BILLING, Role.MEMBER),
    Role.ADMIN: (Role.BILLING, Role.MEMBER),
}


def may_manage(actor: str, *roles: str) -> bool:
    """Whether somebody with the role `actor` may give, change and take away all of these roles."""
    return set(roles) <= set(_MANAGES.get(actor, ()))


def manageable_roles(actor: str) -> tuple[str, ...]:
    """The roles somebody may give to a member, highest first."""
    return _MANAGES.get(actor, ())


def invitable_roles(actor: str) -> tuple[str, ...]:
    """The roles somebody may offer by mail. Nobody is made an owner by a link: owners are made of members."""
    return tuple(role for role in manageable_roles(actor) if role != Role.OWNER)


def has_seat(role: str) -> bool:
    """Whether a role leads into the workspace."""
    return role != Role.BILLING


# Who may see what the organisation is asked to pay, and pay it.
PAYS = (Role.OWNER, Role.ADMIN, Role.BILLING)


def may_pay(role: str) -> bool:
    """Whether a role may open and pay the organisation's orders."""
    return role in PAYS


def may_end(role: str) -> bool:
    """Whether a role may cancel the subscription, take that back, and have everything deleted."""
    return role == Role.OWNER
