"""Addresses every workspace has."""

from __future__ import annotations

from django.urls import path, re_path

from tenant_apps.team import media
from tenant_apps.team.views import audit, pages

app_name = "team"
urlpatterns = [
    path("staff/", pages.home, name="home"),
    path("staff/team/", pages.members, name="members"),
    path("staff/audit/", audit.log, name="audit"),
    path("staff/audit/<int:id>/", audit.entry, name="audit_entry"),
    path("staff/audit/statistics/", audit.statistics, name="audit_statistics"),
    path("staff/audit/export/", audit.export, name="audit_export"),
    path("staff/audit/retention/", audit.retention, name="audit_retention"),
    re_path(r"^theme-(?P<colour>[0-9a-f]{6})\.css$", pages.theme, name="theme"),
    path("media/<path:path>", media.media, name="media"),
]
