"""Entries for tests of the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from shared_apps.audit.models import AuditLog


def make_entry(*, days_ago: float = 0, **fields: Any) -> AuditLog:
    """One entry as if it had been written so many days ago."""
    at: datetime = timezone.now() - timedelta(days=days_ago)
    defaults: dict[str, Any] = {
        "category": "catalogue",
        "action": "store.product.changed",
        "resource_type": "store.product",
        "resource_id": "12",
        "actor_label": "awa@example.org",
    }
    return AuditLog.objects.create(**{**defaults, "created_at": at, **fields})
