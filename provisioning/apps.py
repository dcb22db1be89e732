from __future__ import annotations

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    name = "provisioning"

    def ready(self) -> None:
        from billing.services.deletion import TOPIC as SUBSCRIPTION_DELETED
        from provisioning.services.deletion import on_subscription_deleted
        from provisioning.services.jobs import on_order_paid
        from provisioning.services.people import on_membership_changed, on_sessions_ended
        from shared_apps.organisations.services.following import SESSIONS_TOPIC, TOPIC
        from shared_apps.outbox.services import register

        register("order.paid", on_order_paid)
        register(TOPIC, on_membership_changed)
        register(SESSIONS_TOPIC, on_sessions_ended)
        register(SUBSCRIPTION_DELETED, on_subscription_deleted)
