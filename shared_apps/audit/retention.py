"""How long entries are kept, by category, and what a rule may say."""

from __future__ import annotations

from shared_apps.audit.models import AuditCategory, RetentionRule

BUSINESS_DAYS = 2555  # seven years
DEFAULT_DAYS: dict[str, int] = {
    **dict.fromkeys(AuditCategory.values, BUSINESS_DAYS),
    AuditCategory.HTTP: 90,
    AuditCategory.SECURITY: 365,
    AuditCategory.ERROR: 365,
}
# A log that is emptied at once hides what it should show.
SHORTEST = 30
LONGEST = 3650


def days_kept() -> dict[str, int]:
    """Days by category in this schema: the rules, over the defaults. One query."""
    rules = dict(RetentionRule.objects.values_list("category", "days"))
    return {category: rules.get(category, days) for category, days in DEFAULT_DAYS.items()}
