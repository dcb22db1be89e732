"""Addresses every workspace has."""

from __future__ import annotations

from django.urls import path, re_path

from tenant_apps.team import media
from tenant_apps.team.views import api_keys, pages

app_name = "team"
urlpatterns = [
    path("staff/", pages.home, name="home"),
    path("staff/team/", pages.members, name="members"),
    path("staff/api-keys/", api_keys.api_keys, name="api_keys"),
    path("staff/api-keys/new/", api_keys.new_api_key, name="new_api_key"),
    path("staff/api-keys/<uuid:key_id>/end/", api_keys.end_api_key, name="end_api_key"),
    re_path(r"^theme-(?P<colour>[0-9a-f]{6})\.css$", pages.theme, name="theme"),
    path("media/<path:path>", media.media, name="media"),
]
