"""What a page showed a buyer, signed and sent back with the form.

Nothing is priced from it: it only tells whether the order costs what the buyer saw.
"""

from __future__ import annotations

from django.core.signing import BadSignature, Signer

from billing.money import EXPONENTS, Money
from billing.services.orders import Shown

_SIGNER = Signer(salt="site.quote")


def sign_quote(shown: Shown) -> str:
    """For a hidden field."""
    return _SIGNER.sign_object([shown.version_id, shown.total.minor, shown.total.currency])


def read_quote(text: str) -> Shown | None:
    """What was shown, or None where nothing was, or where somebody made it up."""
    try:
        version_id, minor, currency = _SIGNER.unsign_object(text[:500])
    except (BadSignature, ValueError):
        return None
    return Shown(Money(minor, currency), version_id) if currency in EXPONENTS else None
