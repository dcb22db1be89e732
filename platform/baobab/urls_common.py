"""Addresses that exist on every host."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

urlpatterns: list[URLPattern | URLResolver] = [
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("accounts/", include("shared_apps.accounts.urls")),
    path("api/auth/", include("shared_apps.accounts.api")),
    path("api/", include("shared_apps.core.api_docs")),
]

handler400 = "shared_apps.core.error_views.bad_request"
handler403 = "shared_apps.core.error_views.forbidden"
handler404 = "shared_apps.core.error_views.not_found"
