"""The platform's own host: pricing, sign-up, orders, back office, API, webhooks."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from baobab.urls_common import handler400, handler403, handler404
from baobab.urls_common import urlpatterns as common

urlpatterns = [
    *common,
    path("api/tenants/organizations/", include("shared_apps.organisations.api")),
    path("api/tenants/", include("billing.api.urls")),
    path("api/audit/logs/", include("shared_apps.audit.api")),
    path("hooks/", include("billing.webhook_views")),
    path("", include("shared_apps.site.urls")),
]

if settings.STYLEGUIDE:
    from shared_apps.core.styleguide import styleguide

    urlpatterns += [path("styleguide/", styleguide, name="styleguide")]

__all__ = ["handler400", "handler403", "handler404", "include", "urlpatterns"]
