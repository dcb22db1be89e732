"""Addresses below `/api/v1/` that every workspace has."""

from __future__ import annotations

from django.urls import path

from tenant_apps.team.api import api_keys, me

urlpatterns = [
    path("me/", me.MeView.as_view(), name="api-v1-me"),
    path("api-keys/", api_keys.ApiKeysView.as_view(), name="api-v1-keys"),
    path("api-keys/<uuid:key_id>/", api_keys.ApiKeyView.as_view(), name="api-v1-key"),
]
