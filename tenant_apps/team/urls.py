"""Addresses every workspace has."""

from __future__ import annotations

from django.urls import path, re_path

from tenant_apps.team import media
from tenant_apps.team.views import pages, plan

app_name = "team"
urlpatterns = [
    path("staff/", pages.home, name="home"),
    path("staff/team/", pages.members, name="members"),
    path("staff/plan/", plan.plan, name="plan"),
    re_path(r"^theme-(?P<colour>[0-9a-f]{6})\.css$", pages.theme, name="theme"),
    path("media/<path:path>", media.media, name="media"),
]
