from __future__ import annotations

from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class BillingConfig(HoldsPersonalData, AppConfig):
    name = "billing"

    def ready(self) -> None:
        """Act on what billing itself leaves in the outbox."""
        from billing.services.documents import on_invoice_issued
        from shared_apps.outbox.services import register

        register("invoice.issued", on_invoice_issued)

    def personal_data(self, user: Any) -> dict[str, Any]:
        """A person's orders and payments."""
        from billing.personal_data import orders_of

        return {"orders": orders_of(user)}

    def check_may_close(self, user: Any) -> None:
        """An order that is being paid or prepared is settled first. What is settled stays, whoever is forgotten."""
        from billing.personal_data import check_nothing_open

        check_nothing_open(user)
