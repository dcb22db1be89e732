from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class SiteConfig(HoldsPersonalData, AppConfig):
    name = "shared_apps.site"
    label = "site"

    def erase_person(self, user: Any, contacts: Collection[str]) -> None:
        """Drop the draft of an order."""
        from shared_apps.site.models import SignupDraft

        SignupDraft.objects.filter(user=user).delete()
