"""What the tests of the workspaces share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django_tenants.utils import tenant_context
from PIL import Image

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Member, Role
from tenant_apps.team.products import product_config

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PASSWORD = "calme-baobab-2026"


def photo_bytes(
    size: tuple[int, int] = (200, 150), colour: str = "#b0303a", kind: str = "JPEG", **options: Any
) -> bytes:
    """A plain picture as a file."""
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def upload(content: bytes | None = None, name: str = "photo.jpg") -> SimpleUploadedFile:
    """A photo as a browser sends it."""
    return SimpleUploadedFile(name, photo_bytes() if content is None else content, content_type="image/jpeg")


def role(key: str) -> Role:
    """A role of the current tenant."""
    return Role.objects.get(key=key)


def make_role(*codes: str, name: str = "Stagiaire") -> Role:
    """A role of the tenant's own."""
    return Role.objects.create(key=uuid.uuid4().hex, name=name, permissions=list(codes))


def make_member(in_role: Role | str = "administrator", *, email: str = "", **fields: Any) -> Member:
    """Somebody who works in the current tenant, whose address is proved."""
    user = User.objects.create_user(email or f"{uuid.uuid4().hex[:10]}@example.org", PASSWORD, is_staff=True, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    with transaction.atomic():
        quotas.count_in("users")
        return Member.objects.create(user=user, role=role(in_role) if isinstance(in_role, str) else in_role)


def owner() -> Member:
    """The owner of the current tenant."""
    return Member.objects.select_related("user", "role").get(role__key=Role.OWNER)


def owner_from_here() -> Member:
    """The owner, as one who does not own the organisation: their place may be given up and taken."""
    User.objects.filter(pk=owner().user_id).update(platform_user_id=None)
    return owner()


def client_for(user: User, tenant: Tenant) -> Client:
    """A client on the tenant's host, logged in as somebody."""
    client = Client(HTTP_HOST=tenant.host)
    client.force_login(user, backend=BACKEND)
    # As a log-in through the page leaves it.
    UserSession.objects.create(user=user, ip="192.0.2.1", session_key=client.session.session_key)
    return client


def with_quota(tenant: Tenant, **quotas: int | None) -> Tenant:
    """Make the tenant current with other limits; pages keep those of its plan."""
    changed = replace(tenant, quotas=tuple({**dict(tenant.quotas), **quotas}.items()))
    connection.set_tenant(changed)
    return changed


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """What is inside must be refused with this code."""
    with pytest.raises(DomainError) as caught:
        yield caught
    assert caught.value.code == code


def customer_client(tenant: Tenant) -> Client:
    """A client logged in as somebody who has an account here but does not work here."""
    client = Client(HTTP_HOST=tenant.host)
    with tenant_context(tenant):
        user = User.objects.create_user("client@example.org", PASSWORD)
        client.force_login(user, backend=BACKEND)
    return client


def of_sellers() -> tuple[str, ...]:
    """What a shop's sellers may do as the product comes."""
    return next(one.permissions or () for one in product_config("store").roles if one.key == "seller")
