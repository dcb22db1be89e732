"""Addresses that every tenant's host has."""

from __future__ import annotations

from django.urls import include, path

from baobab.impersonation import END, end
from baobab.urls_common import urlpatterns as common
from shared_apps.accounts.views.handover import enter

urlpatterns = [
    *common,
    path("enter/<str:token>/", enter, name="enter"),
    path(END[1:], end, name="impersonation_end"),
    path("api/v1/", include("tenant_apps.team.api.urls")),
    path("", include("tenant_apps.team.urls")),
]
