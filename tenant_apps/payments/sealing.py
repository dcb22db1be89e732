"""The tenant's keys and the tokens of its payments, sealed for their very rows."""

from __future__ import annotations

import json

from django.utils.crypto import constant_time_compare, salted_hmac

from shared_apps.core.secrets import decrypt, encrypt
from shared_apps.core.tenancy import connection
from tenant_apps.payments.models import Method, Payment


def place_of_keys(method: Method) -> str:
    """What a way's secrets are sealed for: schema, model, field and row."""
    return f"{connection.schema_name}/payments.Method/secrets/{method.name}"


def place_of_token(payment: Payment) -> str:
    """What a payment's notification secret is sealed for."""
    return f"{connection.schema_name}/payments.Payment/notification/{payment.pk}"


def seal_secrets(method: Method, secrets: dict[str, str]) -> str:
    """The secrets of a way to pay as one ciphertext; "" of none."""
    return encrypt(json.dumps(secrets), place=place_of_keys(method)) if secrets else ""


def open_secrets(method: Method) -> dict[str, str]:
    """The secrets in clear, for the provider's client only; raises SecretUnreadable."""
    if not method.secrets_ciphertext:
        return {}
    return dict(json.loads(decrypt(method.secrets_ciphertext, place=place_of_keys(method))))


def seal_token(payment: Payment, secret: str) -> str:
    """What a provider's notices will show, sealed; "" of none."""
    return encrypt(secret, place=place_of_token(payment)) if secret else ""


def open_token(payment: Payment) -> str:
    """What a provider's notices of this payment must show; "" where it gave nothing. Raises SecretUnreadable."""
    ciphertext = payment.notification_ciphertext
    return decrypt(ciphertext, place=place_of_token(payment)) if ciphertext else ""


def callback_token(payment: Payment) -> str:
    """96 bits that only who was given the callback address knows: providers that sign nothing are known by it. Short,
    for Orange takes addresses of 120 characters at most."""
    salt = "payments.callback"
    value = f"{connection.schema_name}:{payment.pk}"
    return salted_hmac(salt, value, algorithm="sha256").hexdigest()[:24]


def callback_token_matches(payment: Payment, token: str) -> bool:
    """Compare in constant time."""
    return constant_time_compare(callback_token(payment), token)
