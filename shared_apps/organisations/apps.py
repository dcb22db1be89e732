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

    def check_may_close(self, user: Any) -> None:
        """An organisation keeps an owner."""
        from shared_apps.organisations.ownership import check_is_not_needed

        check_is_not_needed(user)

    def erase_person(self, user: Any) -> None:
        """End every membership."""
        from shared_apps.organisations.erasure import end_memberships

        end_memberships(user=user)
