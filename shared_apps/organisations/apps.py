from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class OrganisationsConfig(HoldsPersonalData, AppConfig):
    name = "shared_apps.organisations"
    label = "organisations"

    def personal_data(self, user: Any) -> dict[str, Any]:
        """The organisations a person belongs to."""
        return {"memberships": list(user.memberships.values("organisation__name", "role", "created_at"))}

    def lock_shared(self, user: Any) -> None:
        """The organisations where the person has a place or an invitation."""
        from shared_apps.organisations.services.locks import lock_organisations_of

        lock_organisations_of(user)

    def check_may_close(self, user: Any) -> None:
        """An organisation keeps an owner."""
        from shared_apps.organisations.ownership import check_is_not_needed

        check_is_not_needed(user)

    def erase_person(self, user: Any, contacts: Collection[str]) -> None:
        """Give up every place, and forget invitations to what was their address; the workspaces follow."""
        from shared_apps.organisations.services.erasure import forget_person

        forget_person(user=user, contacts=contacts)

    def on_account_changed(self, user: Any) -> None:
        """The workspaces of a person follow their account; told by `accounts.services.notices`."""
        from shared_apps.organisations.services.following import announce_account

        announce_account(user=user)

    def on_sessions_ended(self, user: Any) -> None:
        """What the person entered from the platform ends too; told by `accounts.services.sessions`."""
        from shared_apps.organisations.services.following import announce_sessions_ended

        announce_sessions_ended(user=user)
