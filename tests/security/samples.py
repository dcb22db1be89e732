"""Data of two tenants for every argument that an address takes, and full of canaries."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.accounts.handover import handover_url
from shared_apps.accounts.models import ApiSession, Follow, IdentityCheck, User
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import Tenant
from tenant_apps.esxi.models import Server
from tenant_apps.esxi.tests.support import make_server
from tenant_apps.events.models import Calendar, Event
from tenant_apps.events.tests.support import make_event
from tenant_apps.store.models import Product, Shop
from tenant_apps.store.tests.support import make_photo, make_product
from tenant_apps.team.models import ApiKey, Invitation, Member, Role
from tenant_apps.team.tests.support import photo_bytes
from tests.security.canaries import canary_of, subdomain_of
from tests.support.factories import PASSWORD

# Arguments by name of the address; "" for those that mean the same everywhere.
Samples = dict[str, dict[str, Any]]


class NoSample(LookupError):
    """An address takes an argument that nobody made a sample for."""


def arguments_for(name: str, wanted: frozenset[str], samples: Samples) -> dict[str, Any]:
    """What to call an address with; raises NoSample."""
    known = {**samples.get("", {}), **samples.get(name, {})}
    missing = [key for key in sorted(wanted) if key not in known]
    if missing:
        raise NoSample(f"{name}: add {missing} to the samples in tests/security")
    return {key: known[key] for key in wanted}


def account_samples(owner: User, canary: str) -> Samples:
    """What an account has, in whatever schema is current: sessions, an identity check, somebody who is followed."""
    User.objects.filter(pk=owner.pk).update(first_name=canary, last_name=canary)
    number = 9_000_000 + ord(canary[-1])  # counted ids are the same in every tenant: these are not
    browser = UserSession.objects.create(
        pk=number, user=owner, session_key=canary, ip="192.0.2.1", user_agent=canary, data={}
    )  # fmt: skip
    entry = AuditLog.objects.create(
        pk=number, action="account.entered", category="security", level="info", resource_type="accounts.user",
        resource_id=str(owner.pk), actor_label=canary, before={"name": canary}, after={"name": canary},
    )  # fmt: skip
    api = ApiSession.objects.create(user=owner, user_agent=canary, expires_at=timezone.now() + timedelta(days=1))
    document = default_storage.save(f"identity/{uuid.uuid4().hex}.jpg", ContentFile(photo_bytes()))
    check = IdentityCheck.objects.create(
        user=owner, document_type="passport", document_file=document, selfie_file=document, comment=canary
    )
    everywhere = {
        "uidb36": "1", "key": "set-password", "token": "not-a-token", "kind": "email", "colour": "b0303a",
        "person_id": owner.pk, "id": check.pk,
    }  # fmt: skip
    files = {"id": check.pk, "kind": "document"}
    return {
        "": everywhere,
        "account_end_session": {"session_id": browser.pk},
        **{name: {"id": entry.pk, "entry_id": entry.pk} for name in ("team:audit_entry", *_OTHER_PAGES_OF_AN_ENTRY)},
        "account_end_api_session": {"session_id": api.pk},
        "api-session": {"session_id": api.pk},
        **dict.fromkeys(("team:identity_file", "backoffice_identity_file"), files),
    }


_OTHER_PAGES_OF_AN_ENTRY = ("backoffice_audit_entry", "api-audit-log", "api-v1-audit-log")


def workspace_samples(tenant: Tenant) -> Samples:
    """Fill a tenant with canaries, and say what to call its addresses with. Leaves the connection where it was."""
    canary = canary_of(subdomain_of(tenant))
    with tenant_context(tenant):
        owner = User.objects.get(member__role__key=Role.OWNER)
        photo = make_photo(owner)
        samples = account_samples(owner, canary)
        samples |= _team(owner, canary)
        for name, arguments in _PRODUCTS[tenant.product](canary).items():
            samples[name] = {**samples.get(name, {}), **arguments}
        token = handover_url(account_id=owner.pk, tenant=tenant).split("/enter/")[1].strip("/")
    samples["team:media"] = {"path": photo.file_name(photo.widths[0], "webp")}
    return {**samples, "enter": {"token": token}}


def _team(owner: User, canary: str) -> Samples:
    """Somebody who works here, is followed and may be removed; a role that may be deleted; an open invitation."""
    role = Role.objects.create(key=f"own-{canary.lower()[-1]}", name=canary, permissions=[])
    user = User.objects.create_user(f"{canary}@example.org", PASSWORD, first_name=canary, is_staff=True)
    Member.objects.create(user=user, role=role)
    Follow.objects.create(follower=owner, followed=user)
    invitation = Invitation.objects.create(
        email=f"invited-{canary.lower()}@example.org", role=role, token_hash=canary, locale="fr", invited_by=owner,
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    api_key = ApiKey.objects.create(name=canary, prefix=canary[-12:], key_hash=canary, created_by=owner)
    return {
        **{key: {"user_id": user.pk} for key in ("team:member", "team:remove_member", "api-v1-member")},
        **{key: {"key": role.key} for key in ("team:role", "team:delete_role", "api-v1-role")},
        "team:provider": {"key": "google"},
        "team:change_invitation": {"invitation_id": invitation.pk},
        **{f"api-v1-invitation{what}": {"invitation_id": invitation.pk} for what in ("", "-resend")},
        **{name: {"key_id": api_key.pk} for name in ("team:end_api_key", "api-v1-key")},
        "account_follow": {"person_id": user.pk},
    }


def _store(canary: str) -> Samples:
    Shop.objects.update(name=canary, description=canary)
    slugs = {}
    for state, publish in (("shown", True), ("draft", False)):
        product = make_product(f"{state} {canary[-1]}", publish=publish)
        Product.objects.filter(pk=product.pk).update(name=f"{canary} {state}", description=canary)
        slugs[state] = product.slug
    return {"": {"slug": slugs["draft"]}, "store:product": {"slug": slugs["shown"]}}


def _events(canary: str) -> Samples:
    Calendar.objects.update(name=canary, description=canary)
    slugs = {}
    for state, publish in (("shown", True), ("draft", False)):
        event = make_event(f"{state} {canary[-1]}", publish=publish)
        Event.objects.filter(pk=event.pk).update(title=f"{canary} {state}", description=canary)
        slugs[state] = event.slug
    shown = {key: {"slug": slugs["shown"]} for key in ("events:event", "events:event_ics", "events:staff_cancel_event")}
    return {"": {"slug": slugs["draft"]}, **shown}


def _esxi(canary: str) -> Samples:
    server = make_server(1)
    Server.objects.filter(pk=server.pk).update(name=canary, username=canary)
    return {"": {"server_id": server.pk}}


_PRODUCTS: dict[str, Callable[[str], Samples]] = {"store": _store, "events": _events, "esxi": _esxi}
