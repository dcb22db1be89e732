"""What every template may show of the platform and the tenant."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from shared_apps.core.tenancy import connection


def platform(request: HttpRequest) -> dict[str, Any]:
    """The platform's name and address, and the tenant of this host (None on the public host)."""
    return {
        "brand": {"name": settings.PLATFORM_NAME},
        "platform_url": platform_url("/"),
        "support_email": settings.SUPPORT_EMAIL,
        "tenant": getattr(request, "tenant", None),
        "impersonation": getattr(request, "impersonation", None),
    }


def host_with_port(host: str) -> str:
    """A host as a browser needs it: with the port when it is not the scheme's own."""
    default = {"http": "80", "https": "443"}[settings.PLATFORM_SCHEME]
    if settings.PLATFORM_PORT in ("", default):
        return host
    return f"{host}:{settings.PLATFORM_PORT}"


def platform_url(path: str) -> str:
    """An absolute address on the public host, from settings and never from a request's Host header."""
    return f"{settings.PLATFORM_SCHEME}://{host_with_port(settings.PLATFORM_HOST)}{path}"


def own_url(path: str) -> str:
    """An absolute address on the host this schema belongs to: the tenant's primary one, or the platform's."""
    host = getattr(connection.tenant, "primary_host", "")
    return tenant_url(host, path) if host else platform_url(path)


def own_path(name: str, *args: Any) -> str:
    """The path of a page of this schema's host, by the name of its address: in a worker too, where no request says whose
    addresses are meant. Raises NoReverseMatch."""
    product = getattr(connection.tenant, "product", "")
    urlconf = str(settings.TENANT_TYPES[product]["URLCONF"]) if product else settings.ROOT_URLCONF
    return reverse(name, urlconf=urlconf, args=args)


def tenant_url(host: str, path: str = "/") -> str:
    """An absolute address on a tenant's host."""
    return f"{settings.PLATFORM_SCHEME}://{host_with_port(host)}{path}"


def own_sender() -> str:
    """Who a mail of this schema comes from: the platform, or a tenant by its name at the platform's address."""
    name = getattr(connection.tenant, "name", "")
    if not name:
        return settings.DEFAULT_FROM_EMAIL
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((" ".join(f"{name} via {settings.PLATFORM_NAME}".split()), address))
