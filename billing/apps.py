from __future__ import annotations

from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class BillingConfig(HoldsPersonalData, AppConfig):
    name = "billing"

    def personal_data(self, user: Any) -> dict[str, Any]:
        """A person's orders and payments."""
        from billing.personal_data import orders_of

        return {"orders": orders_of(user)}

    def check_may_close(self, user: Any) -> None:
        """An order that is being paid or prepared is settled first. What is settled stays, whoever is forgotten."""
        from billing.personal_data import check_nothing_open

        check_nothing_open(user)
