"""A workspace of the events product."""

from __future__ import annotations

from django.urls import include, path

from baobab.urls_common import handler400, handler403, handler404
from baobab.urls_common import urlpatterns as common
from shared_apps.accounts.views.handover import enter

urlpatterns = [
    *common,
    path("enter/<str:token>/", enter, name="enter"),
    path("api/v1/", include("tenant_apps.team.api.urls")),
    path("", include("tenant_apps.team.urls")),
    path("", include("tenant_apps.events.urls")),
]

__all__ = ["handler400", "handler403", "handler404", "urlpatterns"]
