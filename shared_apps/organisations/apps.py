from __future__ import annotations

from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class OrganisationsConfig(HoldsPersonalData, AppConfig):
    name = "shared_apps.organisations"
    label = "organisations"

    def personal_data(self, user: Any) -> dict[str, Any]:
        """The organisations a person belongs to."""
        return {"memberships": list(user.memberships.values("organisation__name", "role", "created_at"))}

    def check_erasable(self, user: Any) -> None:
        """Nobody leaves an organisation without an owner."""
        from shared_apps.organisations.erasure import check_owns_nothing_alone

        check_owns_nothing_alone(user=user)

    def erase_person(self, user: Any) -> None:
        """End every membership."""
        from shared_apps.organisations.erasure import end_memberships

        end_memberships(user=user)
