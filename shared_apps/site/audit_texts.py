"""Audit entries as admins read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.audit.models import AuditLog

# action -> (words, icon, tone)
_ACTIONS: dict[str, tuple[str | Promise, str, str]] = {
    "order.created": (gettext_lazy("Order made"), "shopping-cart", "neutral"),
    "order.paid": (gettext_lazy("Order paid"), "circle-check", "success"),
    "order.expired": (gettext_lazy("Order expired"), "clock", "neutral"),
    "order.cancelled": (gettext_lazy("Order cancelled"), "ban", "neutral"),
    "payment.created": (gettext_lazy("Payment begun"), "wallet", "neutral"),
    "payment.succeeded": (gettext_lazy("Payment received"), "circle-check", "success"),
    "payment.failed": (gettext_lazy("Payment failed"), "circle-x", "danger"),
    "payment.needs_review": (gettext_lazy("Payment needs review"), "triangle-alert", "warning"),
    "receipt.uploaded": (gettext_lazy("Receipt sent"), "upload", "info"),
    "transfer.approved": (gettext_lazy("Transfer approved"), "check", "success"),
    "transfer.rejected": (gettext_lazy("Transfer rejected"), "x", "danger"),
}


def timeline(entries: Iterable[AuditLog]) -> list[dict[str, Any]]:
    """Entries as the timeline component shows them."""
    events = []
    for entry in entries:
        words, icon, tone = _ACTIONS.get(entry.action, (entry.action, "circle", "neutral"))
        events.append(
            {
                "title": words,
                "icon": icon,
                "tone": tone,
                "at": entry.created_at,
                "who": entry.actor_label or _("the system"),
                "text": str(entry.after.get("comment") or ""),
            }
        )
    return events
