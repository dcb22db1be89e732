"""How long something has waited for us, in colour and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Age:
    """`tone` is a badge's."""

    words: str | Promise
    tone: str
    icon: str


ON_TIME = Age(_("In time"), "success", "clock")
SOON = Age(_("Soon late"), "warning", "hourglass")
LATE = Age(_("Late"), "danger", "circle-alert")


def age_of(since: datetime, *, now: datetime) -> Age:
    """By TRANSFER_CHECK_HOURS: late after them, soon late after half of them."""
    limit = timedelta(hours=settings.TRANSFER_CHECK_HOURS)
    waited = now - since
    return LATE if waited >= limit else SOON if waited >= limit / 2 else ON_TIME
