from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "tenant_apps.payments"
    label = "payments"

    def ready(self) -> None:
        """Tell the rotation of keys where secrets are kept."""
        from shared_apps.core.secrets import Sealed, register_sealed
        from tenant_apps.payments.models import Method, Payment
        from tenant_apps.payments.sealing import place_of_keys, place_of_token

        register_sealed(Sealed(Method, "secrets_ciphertext", place_of_keys))
        register_sealed(Sealed(Payment, "notification_ciphertext", place_of_token))
