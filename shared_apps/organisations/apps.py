from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "shared_apps.organisations"
    label = "organisations"

    def check_may_close(self, user: Any) -> None:
        """An organisation keeps an owner; asked by `accounts.services.closing`."""
        from shared_apps.organisations.ownership import check_is_not_needed

        check_is_not_needed(user)
