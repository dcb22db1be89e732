from __future__ import annotations

from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class AuditConfig(HoldsPersonalData, AppConfig):
    name = "shared_apps.audit"
    label = "audit"

    def personal_data(self, user: Any) -> dict[str, Any]:
        """What the log says this person did. The accounts app masks it when they are forgotten: last of all."""
        from shared_apps.audit.models import AuditLog

        done = AuditLog.objects.filter(actor_id=user.pk).order_by("-created_at")
        return {
            "activity": list(done.values("created_at", "action", "resource_type", "resource_id", "ip", "user_agent"))
        }
