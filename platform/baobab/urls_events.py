"""A workspace of the events product."""

from __future__ import annotations

from django.urls import include, path

from baobab.urls_common import handler400, handler403, handler404
from baobab.urls_tenant import urlpatterns as tenant

urlpatterns = [
    *tenant,
    path("", include("tenant_apps.payments.urls")),
    path("", include("tenant_apps.events.urls")),
]

__all__ = ["handler400", "handler403", "handler404", "urlpatterns"]
