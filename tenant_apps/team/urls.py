"""Addresses every workspace has."""

from __future__ import annotations

from django.urls import path, re_path

from tenant_apps.team import media
from tenant_apps.team.views import accounts, identity, pages

app_name = "team"
urlpatterns = [
    path("staff/", pages.home, name="home"),
    path("staff/team/", pages.members, name="members"),
    path("staff/identity/", identity.queue, name="identity"),
    path("staff/identity/<uuid:id>/", identity.check, name="identity_check"),
    path("staff/identity/<uuid:id>/<slug:kind>/", identity.file, name="identity_file"),
    path("staff/accounts/", accounts.accounts, name="accounts"),
    path("staff/accounts/<slug:key>/", accounts.provider, name="provider"),
    re_path(r"^theme-(?P<colour>[0-9a-f]{6})\.css$", pages.theme, name="theme"),
    path("media/<path:path>", media.media, name="media"),
]
