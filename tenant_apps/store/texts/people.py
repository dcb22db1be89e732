"""What kinds of customers and partners are called, in the reader's language. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

STUDENT = "student"


def segment_name(key: str, name: str) -> str:
    """A segment's own name, else the platform's word for its key."""
    if name:
        return name
    return pgettext("segment", "Student") if key == STUDENT else key


def partner_kinds() -> list[tuple[str, str]]:
    """The kinds of partners with their words, in the order of `Partner.Kind`."""
    return [
        ("university", _("University")),
        ("school", _("School")),
        ("company", _("Company")),
        ("institution", _("Institution")),
    ]
