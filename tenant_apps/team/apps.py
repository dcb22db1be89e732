from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class TeamConfig(AppConfig):
    name = "tenant_apps.team"
    label = "team"

    def check_may_close(self, user: Any) -> None:
        """A workspace keeps an owner; asked by `accounts.services.closing`."""
        from tenant_apps.team.ownership import check_is_not_needed

        check_is_not_needed(user)
