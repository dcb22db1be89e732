from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class NotificationsConfig(HoldsPersonalData, AppConfig):
    name = "shared_apps.notifications"
    label = "notifications"

    def personal_data(self, user: Any) -> dict[str, Any]:
        """The messages that were sent, by kind and date: their texts are not kept."""
        from shared_apps.notifications.models import Delivery

        sent = Delivery.objects.filter(recipient__in={user.email, user.phone}).order_by("-created_at")
        return {"messages": list(sent.values("template", "status", "created_at", "sent_at"))}

    def erase_person(self, user: Any, contacts: Collection[str]) -> None:
        """Drop what waits to be sent and the record of what was, to numbers and addresses that were only tried too."""
        from shared_apps.notifications.models import Delivery

        tried = user.one_time_codes.values_list("destination", flat=True)
        Delivery.objects.filter(recipient__in={*contacts, *tried}).delete()
