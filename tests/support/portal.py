"""People of the platform and of a workspace at once, for tests that cross from one to the other."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.organisations.models import Membership, Organisation
from tests.support.factories import make_user

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def organisation_at(subdomain: str = "store-a") -> Organisation:
    """A ready tenant's organisation."""
    return Organisation.objects.select_related("plan_version__plan").get(domains__domain=f"{subdomain}.localhost")


def member_of(organisation: Organisation, role: str = "member", **fields: Any) -> User:
    """A new platform account with a place in an organisation."""
    user = make_user(**fields)
    Membership.objects.create(organisation=organisation, user=user, role=role)
    return user


def on_platform(user: User, *, confirmed: bool = True) -> Client:
    """A client logged in on the platform; `confirmed` as if the password had just been typed."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(user, backend=BACKEND)
    if confirmed:
        session = client.session
        session["confirmed"] = {"user": str(user.pk), "at": time.time()}
        session.save()
    return client


def door_of(user: User, organisation: Organisation, next_path: str = "") -> Any:
    """What the platform answers to somebody who opens the workspace."""
    return on_platform(user).get(f"/organisations/{organisation.pk}/enter/", {"next": next_path} if next_path else {})


def follow(answer: Any, *, client: Client | None = None, host: str = "") -> tuple[Client, Any]:
    """Go through a door: a client on the tenant's host, and what it answered to the token."""
    target = urlsplit(answer.headers["Location"])
    client = client or Client(HTTP_HOST=host or target.hostname)
    return client, client.get(target.path)


def enter(user: User, organisation: Organisation) -> Client:
    """A client inside the workspace."""
    client, answer = follow(door_of(user, organisation))
    assert answer.status_code == 302, answer.content.decode()
    return client
