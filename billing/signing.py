"""Tokens for addresses that open without a log-in: what providers call, and what payers are sent."""

from __future__ import annotations

import base64
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac


def callback_token(payment_id: UUID) -> str:
    """A keyed hash of the payment's id: only who was given the callback address knows it."""
    return salted_hmac("billing.callback", str(payment_id), algorithm="sha256").hexdigest()[:40]


def callback_token_matches(payment_id: UUID, token: str) -> bool:
    """Compare in constant time."""
    return constant_time_compare(callback_token(payment_id), token)


def pay_token(order_id: UUID) -> str:
    """A keyed hash of the order's id, 22 characters (128 bits), short enough for a text message: whoever has it may pay."""
    digest = salted_hmac("billing.pay_link", str(order_id), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def pay_token_matches(order_id: UUID, token: str) -> bool:
    """Compare in constant time."""
    return constant_time_compare(pay_token(order_id), token)


def pay_path(order_id: UUID) -> str:
    """The path of the page where anybody who has it may pay the order."""
    return f"/pay/{order_id}/{pay_token(order_id)}/"
