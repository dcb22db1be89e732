"""Everybody who knocks at a host: what they carry, and what the table says they may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.accounts.confirm import note_confirmation
from shared_apps.accounts.models import User
from shared_apps.accounts.services.api_sessions import start_session
from shared_apps.organisations.current import Tenant
from shared_apps.organisations.models import Membership, Organisation
from tenant_apps.team.models import Member, Role
from tenant_apps.team.products import product_config
from tests.security import rules
from tests.security.canaries import canary_of, subdomain_of
from tests.support.factories import PASSWORD, make_admin, make_user

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at a host. `kinds` are the words of the table that they are, `permissions` the codes they have."""

    name: str
    cookie: str = ""
    token: str = ""
    kinds: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    sees: frozenset[str] = frozenset()  # subdomains of the tenants that are no secret to them

    @property
    def is_signed_in(self) -> bool:
        return rules.SIGNED_IN in self.kinds

    def may(self, who: str) -> bool:
        """Whether the table lets this person in."""
        return who == rules.ANYBODY or who in self.kinds or who in self.permissions


def session_of(user: User, host: str) -> str:
    """The session cookie of somebody who has just proved who they are, in the schema that is current."""
    client = Client(HTTP_HOST=host)
    client.force_login(user, backend=BACKEND)
    session = client.session
    note_confirmation(cast("HttpRequest", SimpleNamespace(session=session, user=user)))
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def token_of(user: User) -> str:
    """An access token of the API, for the schema that is current."""
    return start_session(user=user)["access"]


def workspace_actors(tenant: Tenant, *, other: Tenant) -> list[Actor]:
    """Visitor, customer, every role, owner; and two with a session of elsewhere, who are visitors here."""
    admin = make_admin()
    elsewhere = [Actor("platform admin", cookie=session_of(admin, settings.PLATFORM_HOST), token=token_of(admin))]
    with tenant_context(other):
        owner = User.objects.get(member__role__key=Role.OWNER)
        cookie, token = session_of(owner, other.primary_host), token_of(owner)
    elsewhere.append(Actor("owner of another tenant", cookie=cookie, token=token))
    with tenant_context(tenant):
        people = [_customer(tenant), *(_member(tenant, role) for role in _staff_roles())]
    return [Actor("visitor"), *elsewhere, *people]


def _staff_roles() -> list[Role]:
    return list(Role.objects.filter(for_customers=False))


def _customer(tenant: Tenant) -> Actor:
    user = User.objects.create_user("customer@example.org", PASSWORD, first_name=_canary(tenant))
    codes = [template.permissions or () for template in product_config(tenant.product).roles if template.for_customers]
    return Actor(
        "customer",
        cookie=session_of(user, tenant.primary_host),
        token=token_of(user),
        kinds=frozenset({rules.SIGNED_IN}),
        permissions=frozenset(code for some in codes for code in some),
    )


def _member(tenant: Tenant, role: Role) -> Actor:
    """Somebody of a role. What they may do is what the product's template says, not what the row holds."""
    if role.key == Role.OWNER:
        user = User.objects.get(member__role=role)
    else:
        user = User.objects.create_user(f"{role.key}@example.org", PASSWORD, is_staff=True, first_name=_canary(tenant))
        Member.objects.create(user=user, role=role)
    config = product_config(tenant.product)
    template = next(one for one in config.all_roles() if one.key == role.key)
    everything = [one.code for one in config.all_permissions()]
    return Actor(
        role.key,
        cookie=session_of(user, tenant.primary_host),
        token=token_of(user),
        kinds=frozenset({rules.SIGNED_IN, rules.STAFF, role.key}),
        permissions=frozenset(everything if template.permissions is None else template.permissions),
    )


def _canary(tenant: Tenant) -> str:
    return canary_of(subdomain_of(tenant))


def platform_actors(tenant: Tenant, *, other: Tenant, everybody: Iterable[str]) -> list[Actor]:
    """Visitor, account without anything, everybody of an organisation, another's owner, platform admin.

    The admin may see what belongs to any of the subdomains `everybody`.
    """
    organisation = Organisation.objects.select_related("owner").get(pk=tenant.pk)
    stranger = Organisation.objects.select_related("owner").get(pk=other.pk)
    with tenant_context(tenant):
        inside = session_of(User.objects.get(member__role__key=Role.OWNER), tenant.primary_host)
    here, theirs = frozenset({subdomain_of(tenant)}), frozenset({subdomain_of(other)})
    whole = {
        rules.BUYER,
        rules.BUYER_OR_ADMIN,
        rules.PEOPLE,
        rules.MANAGERS,
        rules.PAYERS,
        rules.OWNER,
        rules.PAYERS_OR_ADMIN,
    }
    actors = [
        Actor("visitor"),
        Actor("owner, with the session of their workspace", cookie=inside),
        _account("account without a place", make_user()),
        _account("owner", organisation.owner, *whole, sees=here),
        _account("owner of another organisation", stranger.owner, sees=theirs),
        _account(
            "platform admin",
            make_admin(),
            rules.PLATFORM_ADMIN,
            rules.BUYER_OR_ADMIN,
            rules.PAYERS_OR_ADMIN,
            sees=frozenset(everybody),
        ),
    ]
    for role in (Membership.Role.ADMIN, Membership.Role.BILLING, Membership.Role.MEMBER):
        user = make_user()
        Membership.objects.create(organisation=organisation, user=user, role=role)
        name = f"organisation's {role}"
        kinds = [rules.MANAGERS] if role == Membership.Role.ADMIN else []
        kinds += [rules.PAYERS, rules.PAYERS_OR_ADMIN] if role != Membership.Role.MEMBER else []
        actors.append(_account(name, user, rules.PEOPLE, *kinds, sees=here))
    return actors


def _account(name: str, user: User, *kinds: str, sees: frozenset[str] = frozenset()) -> Actor:
    cookie, token = session_of(user, settings.PLATFORM_HOST), token_of(user)
    return Actor(name, cookie=cookie, token=token, kinds=frozenset({rules.SIGNED_IN, *kinds}), sees=sees)
