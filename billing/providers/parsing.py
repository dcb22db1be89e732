"""Reading values out of documents that other people's servers sent. Nothing here trusts a type."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from billing.money import EXPONENTS, InexactAmount, Money
from billing.providers import reasons
from billing.providers.base import InvalidSignature

MAX_WEBHOOK_BYTES = 256 * 1024


def text_of(value: object, *, limit: int = 255) -> str:
    """A string or number as text of at most `limit` characters; "" for anything else, floats included."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value)[:limit]


def member(document: object, *path: str | int) -> Any:
    """Walk into nested objects and arrays; None as soon as a step is missing."""
    for step in path:
        if isinstance(step, str) and isinstance(document, dict):
            document = document.get(step)
        elif isinstance(step, int) and isinstance(document, list) and -len(document) <= step < len(document):
            document = document[step]
        else:
            return None
    return document


def money_of(amount: object, currency: object) -> Money | None:
    """An exact amount, "5000.0" being 5000; None when it is not one, or in a currency the platform does not take."""
    if not isinstance(currency, str) or currency not in EXPONENTS:
        return None
    try:
        value = Decimal(text_of(amount, limit=40))
        return Money.from_decimal(value, currency) if value.is_finite() else None
    except (InvalidOperation, InexactAmount):
        return None


def uuid_of(value: object) -> UUID | None:
    """A UUID written as text, or None."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def webhook_object(body: bytes) -> dict[str, Any]:
    """A webhook's body as a JSON object; raises InvalidSignature when it is too big or is none."""
    if len(body) > MAX_WEBHOOK_BYTES:
        raise InvalidSignature(reasons.BAD_SIGNATURE, "body too big")
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidSignature(reasons.BAD_SIGNATURE, "body is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidSignature(reasons.BAD_SIGNATURE, "body is not a JSON object")
    return document
