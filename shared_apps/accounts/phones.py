"""Phone numbers as they are stored: E.164."""

from __future__ import annotations

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError


def parse_phone(typed: str, *, region: str = "") -> str:
    """E.164 of a number as people write it, without a country code one of `region` (ISO 3166-1; PHONE_REGION where it is not
    said); raises DomainError on `phone`."""
    try:
        number = phonenumbers.parse(typed, region or settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        raise _unknown() from None
    if not phonenumbers.is_valid_number(number):
        raise _unknown()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def show_phone(phone: str) -> str:
    """A stored number with spaces, for reading; empty for none, and as it is where it is no number."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mask_phone(phone: str) -> str:
    """Enough of a number to know it again, for a page where only the password was given."""
    return f"{phone[:4]}\u00a0••••\u00a0{phone[-2:]}" if phone else ""


def mask_email(email: str) -> str:
    """Enough of an address to know it again."""
    name, _sep, host = email.partition("@")
    return f"{name[:1]}•••@{host}"


def _unknown() -> DomainError:
    return DomainError(
        "invalid_phone",
        _("This is not a phone number we can reach. Write it with the country code, such as +237 6 70 12 34 56."),
        field="phone",
    )
