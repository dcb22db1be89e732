"""What the tests of the workspaces share."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tenants.utils import tenant_context
from PIL import Image

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


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


def customer_client(tenant: Tenant) -> Client:
    """A client logged in as somebody who has an account here but does not work here."""
    client = Client(HTTP_HOST=tenant.host)
    with tenant_context(tenant):
        user = User.objects.create_user("client@example.org", "calme-baobab-2026")
        client.force_login(user, backend=BACKEND)
    return client
