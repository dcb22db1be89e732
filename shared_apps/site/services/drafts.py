"""What somebody has typed in sign-up, kept with the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from shared_apps.site.models import SignupDraft

FIELDS = (
    "product", "plan", "cycle", "currency", "organisation_name", "subdomain", "coupon_code",
    "customer_name", "country", "city", "address", "phone", "tax_number",
)  # fmt: skip
# Kept for the next order once one is made: who pays does not change, what is bought does.
_LASTING = ("currency", "customer_name", "country", "city", "address", "phone", "tax_number")
MAX_LENGTH = 300


def save_draft(*, user: Any, typed: Mapping[str, Any]) -> None:
    """Keep what was typed in the known fields, over what was kept before. One upsert; the last one wins."""
    kept = read_draft(user)
    for name in FIELDS:
        if name in typed:
            kept[name] = str(typed[name]).replace("\x00", "")[:MAX_LENGTH]
    _store(user, kept)


def read_draft(user: Any) -> dict[str, str]:
    """What was typed so far."""
    data = SignupDraft.objects.filter(user=user).values_list("data", flat=True).first() or {}
    return {name: str(value) for name, value in data.items() if name in FIELDS}


def finish_draft(*, user: Any) -> None:
    """The order is made: keep only the billing details, for the next one. One upsert."""
    _store(user, {name: value for name, value in read_draft(user).items() if name in _LASTING})


def _store(user: Any, data: dict[str, str]) -> None:
    SignupDraft.objects.update_or_create(user=user, defaults={"data": data, "updated_at": timezone.now()})
