"""One entry for the eye: what was before and after, side by side, and the circumstances."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.texts import LEVELS, who, words_of

# Names of fields as they are recorded. One that is not here is shown with spaces for underscores.
FIELDS: dict[str, str | Promise] = {
    "access": gettext_lazy("Access"),
    "amount_minor": gettext_lazy("Amount (smallest unit)"),
    "attempts": gettext_lazy("Attempts"),
    "brand_colour": gettext_lazy("Colour"),
    "capacity": gettext_lazy("Capacity"),
    "category": gettext_lazy("Category"),
    "comment": gettext_lazy("Comment"),
    "contact_email": gettext_lazy("Contact address"),
    "cover": gettext_lazy("Cover photo"),
    "currency": gettext_lazy("Currency"),
    "description": gettext_lazy("Description"),
    "display_name": gettext_lazy("Shown name"),
    "email": gettext_lazy("E-mail"),
    "ends_at": gettext_lazy("End"),
    "error": gettext_lazy("Error"),
    "features": gettext_lazy("Features"),
    "host": gettext_lazy("Address"),
    "language": gettext_lazy("Language"),
    "late": gettext_lazy("Late"),
    "method": gettext_lazy("Method"),
    "ms": gettext_lazy("Milliseconds"),
    "name": gettext_lazy("Name"),
    "number": gettext_lazy("Number"),
    "order": gettext_lazy("Order"),
    "password_changed": gettext_lazy("New password"),
    "path": gettext_lazy("Path"),
    "phone": gettext_lazy("Phone"),
    "photos": gettext_lazy("Photos"),
    "place": gettext_lazy("Place"),
    "position": gettext_lazy("Position"),
    "price_minor": gettext_lazy("Price (smallest unit)"),
    "prices": gettext_lazy("Prices"),
    "quotas": gettext_lazy("Quotas"),
    "reason": gettext_lazy("Reason"),
    "received_minor": gettext_lazy("Received (smallest unit)"),
    "role": gettext_lazy("Role"),
    "roles": gettext_lazy("Roles"),
    "size": gettext_lazy("Size in bytes"),
    "sku": gettext_lazy("Reference"),
    "slug": gettext_lazy("Address on the site"),
    "starts_at": gettext_lazy("Start"),
    "status": gettext_lazy("Status"),
    "subdomain": gettext_lazy("Subdomain"),
    "summary": gettext_lazy("Summary"),
    "thumbprint": gettext_lazy("Certificate thumbprint"),
    "time_zone": gettext_lazy("Time zone"),
    "title": gettext_lazy("Title"),
    "total_minor": gettext_lazy("Total (smallest unit)"),
    "username": gettext_lazy("User name"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field on both sides; a dash where there is nothing."""

    label: str
    before: str
    after: str
    changed: bool


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[Row]:
    """Every field of both sides, what changed first."""
    rows = [
        Row(
            label=field_label(name),
            before=_text(before.get(name)),
            after=_text(after.get(name)),
            changed=name in before and name in after and before[name] != after[name],
        )
        for name in {**before, **after}
    ]
    return sorted(rows, key=lambda row: not row.changed)


def field_label(name: str) -> str:
    """A recorded field in words: its own, or a category's (rules of retention are recorded by category)."""
    return str(FIELDS.get(name) or name.replace("_", " ").capitalize())


def facts_of(entry: AuditLog) -> list[dict[str, Any]]:
    """The circumstances, for the `pairs` component; what is not known is left out."""
    pairs = [
        (_("Resource"), f"{entry.resource_type} · {entry.resource_id}" if entry.resource_id else entry.resource_type),
        (_("IP address"), entry.ip),
        (_("Browser"), entry.user_agent),
        (_("Request"), entry.request_id),
        (_("Code"), entry.action),
    ]
    return [{"label": label, "value": value, "copy": False} for label, value in pairs if value]


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def describe(entry: AuditLog) -> dict[str, Any]:
    """What an entry is called in lists: its action, level, category and person in words."""
    return {
        "words": words_of(entry.action),
        "level": LEVELS.get(entry.level),
        "category": category_label(entry.category),
        "who": who(entry),
    }


def category_label(value: str) -> str:
    """A category in words; one that is gone from the product keeps its code."""
    return str(AuditCategory(value).label) if value in AuditCategory.values else value
