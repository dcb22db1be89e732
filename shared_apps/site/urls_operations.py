"""Addresses of the back office under which providers, their messages and the nightly questions are looked after, and revenue."""

from __future__ import annotations

from django.urls import path

from shared_apps.site.views import backoffice_providers as providers
from shared_apps.site.views import backoffice_revenue as revenue
from shared_apps.site.views import backoffice_webhooks as webhooks

urlpatterns = [
    path("providers/", providers.providers, name="backoffice_providers"),
    path("providers/<slug:name>/check/", providers.check, name="backoffice_provider_check"),
    path("providers/<slug:name>/switch/", providers.switch, name="backoffice_provider_switch"),
    path("providers/<slug:name>/breaker/", providers.breaker, name="backoffice_provider_breaker"),
    path("revenue/", revenue.revenue, name="backoffice_revenue"),
    path("revenue/export/", revenue.export, name="backoffice_revenue_export"),
    path("webhooks/", webhooks.webhooks, name="backoffice_webhooks"),
    path("webhooks/replay/", webhooks.replay_all, name="backoffice_webhooks_replay"),
    path("webhooks/<int:id>/", webhooks.webhook, name="backoffice_webhook"),
    path("webhooks/<int:id>/replay/", webhooks.replay, name="backoffice_webhook_replay"),
    path("reconciliation/", providers.reconciliation, name="backoffice_reconciliation"),
    path("reconciliation/<int:id>/", providers.night, name="backoffice_reconciliation_night"),
]
