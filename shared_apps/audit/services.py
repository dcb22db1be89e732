"""Writing the audit log."""

from __future__ import annotations

from typing import Any

from django.db import models

from shared_apps.audit.models import AuditLog
from shared_apps.core.request_info import request_info


def record(
    *,
    action: str,
    category: str,
    resource: models.Model,
    actor: Any | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    level: str = AuditLog.Level.INFO,
) -> AuditLog:
    """Note a change. Call it inside the transaction that makes the change; it takes no lock.

    The actor is the given account, else the one of the current request, else nobody (a task).
    """
    info = request_info()
    who = actor or info.actor
    return AuditLog.objects.create(
        action=action,
        category=category,
        level=level,
        resource_type=resource._meta.label_lower,
        resource_id=str(resource.pk),
        actor_id=who.pk if who else None,
        actor_label=str(who.email) if who else "",
        impersonator=info.impersonator,
        before=before or {},
        after=after or {},
        ip=info.ip,
        user_agent=info.user_agent[:300],
        request_id=info.request_id,
    )
