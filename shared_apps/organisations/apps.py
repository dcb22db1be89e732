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

    def on_account_changed(self, user: Any) -> None:
        """The workspaces of a person follow their account; told by `accounts.services.notices`."""
        from shared_apps.organisations.services.following import announce_account

        announce_account(user=user)
