"""One entry for the eye: what was before and after, side by side, and the circumstances."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    "admin": gettext_lazy("Platform administrator"),
    "amount_minor": gettext_lazy("Amount (smallest unit)"),
    "api": gettext_lazy("Log-ins over the API"),
    "applied_minor": gettext_lazy("Put to the order (smallest unit)"),
    "attempts": gettext_lazy("Attempts"),
    "bank_reference": gettext_lazy("Reference of the bank"),
    "brand_colour": gettext_lazy("Colour"),
    "breaker": gettext_lazy("Hidden when it fails"),
    "browsers": gettext_lazy("Browsers"),
    "capacity": gettext_lazy("Capacity"),
    "category": gettext_lazy("Category"),
    "client_id": gettext_lazy("Client ID"),
    "codes": gettext_lazy("Codes"),
    "comment": gettext_lazy("Comment"),
    "consents": gettext_lazy("Consents"),
    "contact_email": gettext_lazy("Contact address"),
    "country": gettext_lazy("Country"),
    "cover": gettext_lazy("Cover photo"),
    "credited_minor": gettext_lazy("Kept as credit (smallest unit)"),
    "currency": gettext_lazy("Currency"),
    "date_of_birth": gettext_lazy("Date of birth"),
    "decision": gettext_lazy("Decision"),
    "description": gettext_lazy("Description"),
    "display_name": gettext_lazy("Shown name"),
    "document_type": gettext_lazy("Document"),
    "due_minor": gettext_lazy("Still due (smallest unit)"),
    "email": gettext_lazy("E-mail"),
    "ends_at": gettext_lazy("End"),
    "error": gettext_lazy("Error"),
    "events": gettext_lazy("Messages"),
    "expires_at": gettext_lazy("Valid until"),
    "expires_on": gettext_lazy("Valid until"),
    "failure": gettext_lazy("Why it failed"),
    "failures": gettext_lazy("Failed in a row"),
    "features": gettext_lazy("Features"),
    "file": gettext_lazy("File"),
    "first_name": gettext_lazy("First name"),
    "fiscal_status": gettext_lazy("State of the certificate"),
    "from": gettext_lazy("Came from"),
    "grace_days": gettext_lazy("Days of grace"),
    "hidden_since": gettext_lazy("Hidden since"),
    "hold": gettext_lazy("Why access ended"),
    "host": gettext_lazy("Address"),
    "hosts": gettext_lazy("Addresses"),
    "imported": gettext_lazy("Imported"),
    "is_active": gettext_lazy("Active"),
    "is_automatic": gettext_lazy("Automatic"),
    "is_included": gettext_lazy("Included in the price"),
    "is_recommended": gettext_lazy("Recommended"),
    "key": gettext_lazy("Key"),
    "kind": gettext_lazy("Kind"),
    "known": gettext_lazy("Already known"),
    "language": gettext_lazy("Language"),
    "languages_required": gettext_lazy("Languages are asked for"),
    "last_name": gettext_lazy("Last name"),
    "late": gettext_lazy("Late"),
    "left": gettext_lazy("Codes left"),
    "line": gettext_lazy("Line of the statement"),
    "locale": gettext_lazy("Language"),
    "marketing": gettext_lazy("News by e-mail"),
    "membership": gettext_lazy("Place in the organisation"),
    "method": gettext_lazy("HTTP method"),
    "minimum_age": gettext_lazy("Minimum age"),
    "month": gettext_lazy("Month"),
    "movements": gettext_lazy("Movements"),
    "ms": gettext_lazy("Milliseconds"),
    "name": gettext_lazy("Name"),
    "native": gettext_lazy("Languages from birth"),
    "new": gettext_lazy("New"),
    "new_secret": gettext_lazy("New secret"),
    "note": gettext_lazy("Note"),
    "number": gettext_lazy("Number"),
    "order": gettext_lazy("Order"),
    "organisation": gettext_lazy("Organisation"),
    "owner": gettext_lazy("Owner"),
    "paid_until": gettext_lazy("Paid until"),
    "password": gettext_lazy("Password"),
    "password_changed": gettext_lazy("New password"),
    "path": gettext_lazy("Path"),
    "payment_method": gettext_lazy("Method"),
    "percent": gettext_lazy("Per cent"),
    "permissions": gettext_lazy("Permissions"),
    "person": gettext_lazy("Person"),
    "person_id": gettext_lazy("Account in the workspace"),
    "phone": gettext_lazy("Phone"),
    "photos": gettext_lazy("Photos"),
    "place": gettext_lazy("Place"),
    "plan_version_id": gettext_lazy("Version of the plan"),
    "plans": gettext_lazy("Plans"),
    "port": gettext_lazy("Port"),
    "position": gettext_lazy("Position"),
    "prefix": gettext_lazy("Start of the key"),
    "price_minor": gettext_lazy("Price (smallest unit)"),
    "prices": gettext_lazy("Prices"),
    "provider": gettext_lazy("Sign-in provider"),
    "quota": gettext_lazy("Limit of the plan"),
    "quotas": gettext_lazy("Quotas"),
    "read_only": gettext_lazy("Read-only"),
    "reason": gettext_lazy("Reason"),
    "received_minor": gettext_lazy("Received (smallest unit)"),
    "reference": gettext_lazy("Reference"),
    "refund": gettext_lazy("Refund"),
    "registration_open": gettext_lazy("Registration open"),
    "retention": gettext_lazy("Kept for"),
    "reverse_charge": gettext_lazy("Tax paid by the customer"),
    "role": gettext_lazy("Role"),
    "roles": gettext_lazy("Roles"),
    "scopes": gettext_lazy("Permissions"),
    "sequence": gettext_lazy("Revision"),
    "sha256": gettext_lazy("Fingerprint of the file"),
    "since": gettext_lazy("From"),
    "size": gettext_lazy("Size in bytes"),
    "sku": gettext_lazy("Reference"),
    "slug": gettext_lazy("Address on the site"),
    "starts_at": gettext_lazy("Start"),
    "status": gettext_lazy("Status"),
    "subdomain": gettext_lazy("Subdomain"),
    "summary": gettext_lazy("Summary"),
    "target": gettext_lazy("Languages to practise"),
    "thumbprint": gettext_lazy("Certificate thumbprint"),
    "time_zone": gettext_lazy("Time zone"),
    "title": gettext_lazy("Title"),
    "total_minor": gettext_lazy("Total (smallest unit)"),
    "trial_days": gettext_lazy("Days of trial"),
    "until": gettext_lazy("Until"),
    "used": gettext_lazy("Used"),
    "username": gettext_lazy("User name"),
    "valid_from": gettext_lazy("Valid from"),
    "valid_until": gettext_lazy("Valid until"),
    "was_proved": gettext_lazy("Address confirmed before"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field on both sides; a dash where there is nothing."""

    label: str
    before: str
    after: str
    changed: bool


def compare(
    before: dict[str, Any], after: dict[str, Any], roles: Mapping[str, str | Promise] | None = None
) -> list[Row]:
    """Every field of both sides, what changed first. `roles` names the roles that are recorded by their key."""

    def shown(side: dict[str, Any], name: str) -> str:
        value = side.get(name)
        return str(roles.get(value, value)) if roles and value and name == "role" else _text(value)

    rows = [
        Row(
            label=field_label(name),
            before=shown(before, name),
            after=shown(after, name),
            changed=name in before and name in after and before[name] != after[name],
        )
        for name in {**before, **after}
    ]
    return sorted(rows, key=lambda row: not row.changed)


def field_label(name: str) -> str:
    """A recorded field in words: its own, or a category's (rules of retention are recorded by category)."""
    label = FIELDS.get(name) or category_label(name)
    return str(label) if label != name else name.replace("_", " ").capitalize()


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
