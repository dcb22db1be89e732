"""Addresses of a backup workspace."""

from __future__ import annotations

from django.urls import path

from tenant_apps.esxi import views

app_name = "esxi"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("servers/", views.servers, name="servers"),
    path("servers/new/", views.new_server, name="new_server"),
    path("servers/<uuid:server_id>/", views.edit_server, name="edit_server"),
    path("servers/<uuid:server_id>/remove/", views.remove_server, name="remove_server"),
]
