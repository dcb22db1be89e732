"""Tokens for addresses that providers call without a signature of their own."""

from __future__ import annotations

from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac


def callback_token(payment_id: UUID) -> str:
    """A keyed hash of the payment's id: only who was given the callback address knows it."""
    return salted_hmac("billing.callback", str(payment_id), algorithm="sha256").hexdigest()[:40]


def callback_token_matches(payment_id: UUID, token: str) -> bool:
    """Compare in constant time."""
    return constant_time_compare(callback_token(payment_id), token)
