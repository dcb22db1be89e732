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
    "address": gettext_lazy("Address"),
    "admin": gettext_lazy("Platform administrator"),
    "amount_minor": gettext_lazy("Amount (smallest unit)"),
    "api": gettext_lazy("Log-ins over the API"),
    "applied_minor": gettext_lazy("Put to the order (smallest unit)"),
    "attempts": gettext_lazy("Attempts"),
    "badges": gettext_lazy("Badges"),
    "bank_reference": gettext_lazy("Reference of the bank"),
    "brand": gettext_lazy("Brand"),
    "brand_colour": gettext_lazy("Colour"),
    "breaker": gettext_lazy("Hidden when it fails"),
    "browsers": gettext_lazy("Browsers"),
    "capacity": gettext_lazy("Capacity"),
    "carrier": gettext_lazy("Carried by"),
    "categories": gettext_lazy("Categories"),
    "category": gettext_lazy("Category"),
    "channel": gettext_lazy("Channel"),
    "city": gettext_lazy("Town"),
    "client_id": gettext_lazy("Client ID"),
    "code": gettext_lazy("Code"),
    "codes": gettext_lazy("Codes"),
    "comment": gettext_lazy("Comment"),
    "consents": gettext_lazy("Consents"),
    "contact": gettext_lazy("Contact person"),
    "contact_email": gettext_lazy("Contact address"),
    "counted_minor": gettext_lazy("Cash counted (smallest unit)"),
    "country": gettext_lazy("Country"),
    "cover": gettext_lazy("Cover photo"),
    "credited_minor": gettext_lazy("Kept as credit (smallest unit)"),
    "currency": gettext_lazy("Currency"),
    "customers": gettext_lazy("Customers"),
    "date_of_birth": gettext_lazy("Date of birth"),
    "decision": gettext_lazy("Decision"),
    "delay": gettext_lazy("How long it takes"),
    "delivery_text": gettext_lazy("About delivery"),
    "description": gettext_lazy("Description"),
    "difference_minor": gettext_lazy("Difference (smallest unit)"),
    "discount_bp": gettext_lazy("Discount (hundredths of a per cent)"),
    "discount_minor": gettext_lazy("Discount (smallest unit)"),
    "display_name": gettext_lazy("Shown name"),
    "document_type": gettext_lazy("Document"),
    "due_minor": gettext_lazy("Still due (smallest unit)"),
    "email": gettext_lazy("E-mail"),
    "ends_at": gettext_lazy("End"),
    "erased": gettext_lazy("Person forgotten"),
    "error": gettext_lazy("Error"),
    "events": gettext_lazy("Messages"),
    "expected_minor": gettext_lazy("Cash expected (smallest unit)"),
    "expires_at": gettext_lazy("Valid until"),
    "expires_on": gettext_lazy("Valid until"),
    "failure": gettext_lazy("Why it failed"),
    "failures": gettext_lazy("Failed in a row"),
    "features": gettext_lazy("Features"),
    "fee_minor": gettext_lazy("Fee (smallest unit)"),
    "fields": gettext_lazy("What was given"),
    "file": gettext_lazy("File"),
    "first_name": gettext_lazy("First name"),
    "fiscal_status": gettext_lazy("State of the certificate"),
    "free_from_minor": gettext_lazy("Free from (smallest unit)"),
    "from": gettext_lazy("Came from"),
    "goods": gettext_lazy("Goods"),
    "grace_days": gettext_lazy("Days of grace"),
    "hidden_since": gettext_lazy("Hidden since"),
    "hold": gettext_lazy("Why access ended"),
    "host": gettext_lazy("Address"),
    "hosts": gettext_lazy("Addresses"),
    "imported": gettext_lazy("Imported"),
    "is_active": gettext_lazy("Active"),
    "is_automatic": gettext_lazy("Automatic"),
    "is_filter": gettext_lazy("Customers may choose by it"),
    "is_included": gettext_lazy("Included in the price"),
    "is_recommended": gettext_lazy("Recommended"),
    "is_short": gettext_lazy("Goods missing"),
    "is_test": gettext_lazy("Test mode"),
    "key": gettext_lazy("Key"),
    "kind": gettext_lazy("Kind"),
    "known": gettext_lazy("Already known"),
    "language": gettext_lazy("Language"),
    "languages_required": gettext_lazy("Languages are asked for"),
    "last_name": gettext_lazy("Last name"),
    "late": gettext_lazy("Late"),
    "left": gettext_lazy("Codes left"),
    "line": gettext_lazy("Line of the statement"),
    "local_number": gettext_lazy("Local number"),
    "locale": gettext_lazy("Language"),
    "location": gettext_lazy("Place for stock"),
    "logo": gettext_lazy("Logo"),
    "low_stock_at": gettext_lazy("Low stock from"),
    "marketing": gettext_lazy("News by e-mail"),
    "members": gettext_lazy("People"),
    "membership": gettext_lazy("Place in the organisation"),
    "meta_description": gettext_lazy("Text for search engines"),
    "meta_title": gettext_lazy("Title for search engines"),
    "method": gettext_lazy("HTTP method"),
    "minimum_age": gettext_lazy("Minimum age"),
    "minor": gettext_lazy("Amount (smallest unit)"),
    "month": gettext_lazy("Month"),
    "movements": gettext_lazy("Movements"),
    "ms": gettext_lazy("Milliseconds"),
    "name": gettext_lazy("Name"),
    "native": gettext_lazy("Languages from birth"),
    "new": gettext_lazy("New"),
    "new_secret": gettext_lazy("New secret"),
    "new_secrets": gettext_lazy("New secrets"),
    "note": gettext_lazy("Note"),
    "note_changed": gettext_lazy("Note changed"),
    "number": gettext_lazy("Number"),
    "offline": gettext_lazy("Sold offline"),
    "opening_minor": gettext_lazy("Cash at the opening (smallest unit)"),
    "options": gettext_lazy("Options"),
    "order": gettext_lazy("Order"),
    "organisation": gettext_lazy("Organisation"),
    "owner": gettext_lazy("Owner"),
    "paid_minor": gettext_lazy("Paid"),
    "paid_until": gettext_lazy("Paid until"),
    "parent": gettext_lazy("Stands on"),
    "password": gettext_lazy("Password"),
    "password_changed": gettext_lazy("New password"),
    "path": gettext_lazy("Path"),
    "payment_method": gettext_lazy("Method"),
    "percent": gettext_lazy("Per cent"),
    "percent_bp": gettext_lazy("Per cent off (hundredths)"),
    "permissions": gettext_lazy("Permissions"),
    "person": gettext_lazy("Person"),
    "person_id": gettext_lazy("Account in the workspace"),
    "phone": gettext_lazy("Phone"),
    "photo": gettext_lazy("Photo"),
    "photos": gettext_lazy("Photos"),
    "pickup": gettext_lazy("Collected at"),
    "pieces": gettext_lazy("Pieces"),
    "place": gettext_lazy("Place"),
    "plan_version_id": gettext_lazy("Version of the plan"),
    "plans": gettext_lazy("Plans"),
    "port": gettext_lazy("Port"),
    "position": gettext_lazy("Position"),
    "positions": gettext_lazy("Sequence"),
    "prefix": gettext_lazy("Start of the key"),
    "preorder_from": gettext_lazy("Expected on"),
    "price_minor": gettext_lazy("Price (smallest unit)"),
    "prices": gettext_lazy("Prices"),
    "product": gettext_lazy("Product"),
    "products": gettext_lazy("Products"),
    "provider": gettext_lazy("Sign-in provider"),
    "quota": gettext_lazy("Limit of the plan"),
    "quotas": gettext_lazy("Quotas"),
    "rating": gettext_lazy("Rating"),
    "read_only": gettext_lazy("Read-only"),
    "reason": gettext_lazy("Reason"),
    "received_minor": gettext_lazy("Received (smallest unit)"),
    "reference": gettext_lazy("Reference"),
    "refund": gettext_lazy("Refund"),
    "register": gettext_lazy("Till"),
    "refused": gettext_lazy("Refused"),
    "refunded_minor": gettext_lazy("Given back"),
    "registration_open": gettext_lazy("Registration open"),
    "replied": gettext_lazy("Has a reply"),
    "restocked": gettext_lazy("Can be sold again"),
    "retention": gettext_lazy("Kept for"),
    "returns_text": gettext_lazy("About returns"),
    "reverse_charge": gettext_lazy("Tax paid by the customer"),
    "role": gettext_lazy("Role"),
    "roles": gettext_lazy("Roles"),
    "sale": gettext_lazy("Sale"),
    "scopes": gettext_lazy("Permissions"),
    "segment": gettext_lazy("Segment"),
    "segments": gettext_lazy("Segments"),
    "sells_online": gettext_lazy("Sold online"),
    "sequence": gettext_lazy("Revision"),
    "settings": gettext_lazy("Settings of the keys"),
    "sha256": gettext_lazy("Fingerprint of the file"),
    "since": gettext_lazy("From"),
    "size": gettext_lazy("Size in bytes"),
    "sku": gettext_lazy("Reference"),
    "slug": gettext_lazy("Address on the site"),
    "specifications": gettext_lazy("Specifications"),
    "starts_at": gettext_lazy("Start"),
    "status": gettext_lazy("Status"),
    "subdomain": gettext_lazy("Subdomain"),
    "summary": gettext_lazy("Summary"),
    "supply": gettext_lazy("Can be ordered"),
    "takes_cash": gettext_lazy("Paid on delivery"),
    "target": gettext_lazy("Languages to practise"),
    "tasks": gettext_lazy("Tasks"),
    "tax_name": gettext_lazy("Name of the tax"),
    "tax_number": gettext_lazy("Tax number"),
    "tax_rate_bp": gettext_lazy("Tax (hundredths of a per cent)"),
    "thumbprint": gettext_lazy("Certificate thumbprint"),
    "time_zone": gettext_lazy("Time zone"),
    "title": gettext_lazy("Title"),
    "total_minor": gettext_lazy("Total (smallest unit)"),
    "tracking": gettext_lazy("Tracking number"),
    "trial_days": gettext_lazy("Days of trial"),
    "until": gettext_lazy("Until"),
    "used": gettext_lazy("Used"),
    "username": gettext_lazy("User name"),
    "uuid": gettext_lazy("Number of the device"),
    "valid_from": gettext_lazy("Valid from"),
    "valid_until": gettext_lazy("Valid until"),
    "variants": gettext_lazy("Variants"),
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
