from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class TeamConfig(HoldsPersonalData, AppConfig):
    name = "tenant_apps.team"
    label = "team"

    def personal_data(self, user: Any) -> dict[str, Any]:
        """The seat of somebody who works here."""
        member = getattr(user, "member", None)
        return {"role": member.role.key, "since": member.joined_at} if member else {}

    def lock_shared(self, user: Any) -> None:
        """The team."""
        from tenant_apps.team.services.locks import lock_team

        lock_team()

    def check_may_close(self, user: Any) -> None:
        """A workspace keeps an owner."""
        from tenant_apps.team.services.erasure import check_is_not_needed

        check_is_not_needed(user=user)

    def erase_person(self, user: Any, contacts: Collection[str]) -> None:
        """Free the seat, and forget invitations to what was their address."""
        from tenant_apps.team.services.erasure import forget_person

        forget_person(user=user, contacts=contacts)
