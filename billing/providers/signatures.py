"""Webhook signatures of the kind `t=<seconds>,v1=<HMAC-SHA256>[,v1=…]`, as Stripe and Wave send them."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime

from billing.providers import reasons
from billing.providers.base import InvalidSignature

TOLERANCE_SECONDS = 300
MAX_HEADER = 2000
TIMESTAMP = re.compile(r"t=([0-9]{1,12})")
SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")


def check_signature(header: str, *, body: bytes, secret: str, separator: bytes, received_at: datetime | None) -> None:
    """Raise InvalidSignature unless one of the header's signatures is `secret`'s over time, separator and body.

    It holds for five minutes, before and after its time, from `received_at` (now, if None): a copy that comes later is
    a replay. A provider that changes its secret signs with both, so several `v1` may come.
    """
    if not secret:
        raise InvalidSignature(reasons.BAD_SIGNATURE, "no webhook secret is set")
    parts = [part.strip() for part in header.split(",")] if len(header) <= MAX_HEADER else []
    times = [match[1] for part in parts if (match := TIMESTAMP.fullmatch(part))]
    signatures = [match[1] for part in parts if (match := SIGNATURE.fullmatch(part))]
    if len(times) != 1 or not signatures:
        raise InvalidSignature(reasons.BAD_SIGNATURE, "the signature header is missing or malformed")
    expected = hmac.new(secret.encode(), times[0].encode() + separator + body, hashlib.sha256).hexdigest()
    # Every signature is compared, whichever is right, in a time that tells nothing.
    if not sum(hmac.compare_digest(expected, signature) for signature in signatures):
        raise InvalidSignature(reasons.BAD_SIGNATURE, "somebody else's signature")
    age = (received_at or datetime.now(UTC)).timestamp() - int(times[0])
    if abs(age) > TOLERANCE_SECONDS:
        raise InvalidSignature(reasons.BAD_SIGNATURE, f"signed {round(age)} s before it came")
