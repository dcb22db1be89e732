"""Phone numbers as people type them."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext as _

_PHONE = re.compile(r"\+?[\d\s().\-/]{6,20}")


def check_phone(text: str) -> str:
    """The number without spaces around it, or none; raises ValidationError for what is no number."""
    phone = text.strip()
    if phone and not (_PHONE.fullmatch(phone) and sum(c.isdigit() for c in phone) >= 6):
        raise forms.ValidationError(_("This is not a phone number. Use digits, for example +237 6 70 12 34 56."))
    return phone
