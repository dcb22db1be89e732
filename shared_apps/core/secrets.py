"""Secrets at rest: AES-256-GCM with a key ring outside the database, bound to the place they belong to.

The associated data names tenant, model, field and row, so that a ciphertext copied elsewhere does not open.
Format: `<key id>:<base64 of nonce (12 bytes) + ciphertext + tag>` (NIST SP 800-38D).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from shared_apps.core.tenancy import connection

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """Where a model keeps a secret: a text field, or one key of a JSON field, and the place it is sealed for."""

    model: type[Model]
    field: str
    place: Callable[[Any], str]
    json_key: str = ""


_sealed: list[Sealed] = []


def register_sealed(where: Sealed) -> None:
    """Name a place that `rotate_secrets` must know. Called from AppConfig.ready()."""
    if where not in _sealed:
        _sealed.append(where)


def sealed_places() -> tuple[Sealed, ...]:
    """Every place that keeps a secret."""
    return tuple(_sealed)


def place_of(instance: Model, name: str) -> str:
    """The place of a row's secret: schema, model, name and row, so that it opens nowhere else."""
    return f"{connection.schema_name}:{instance._meta.label_lower}:{name}:{instance.pk}"


def newest_key() -> str:
    """The id of the key that new secrets are sealed with."""
    return _ring()[0][0]


class SecretUnreadable(Exception):
    """The ciphertext does not belong here, was changed, or its key is gone."""


def encrypt(plaintext: str, *, place: str) -> str:
    """Encrypt with the newest key. `place` names tenant, model, field and row."""
    key_id, key = _ring()[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, plaintext.encode(), place.encode())
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def decrypt(ciphertext: str, *, place: str) -> str:
    """Open a ciphertext made for the same place; raises SecretUnreadable."""
    key_id, _, sealed_text = ciphertext.partition(":")
    key = dict(_ring()).get(key_id)
    if key is None:
        raise SecretUnreadable(f"no key {key_id!r}")
    try:
        sealed = base64.b64decode(sealed_text, validate=True)
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError):
        raise SecretUnreadable("the ciphertext does not belong here or was changed") from None


def _ring() -> list[tuple[str, bytes]]:
    keys = []
    for entry in settings.ENCRYPTION_KEYS:
        key_id, _, encoded = entry.partition(":")
        key = base64.b64decode(encoded)
        if len(key) != 32:
            raise ImproperlyConfigured(f"encryption key {key_id!r} must be 32 bytes, base64")
        keys.append((key_id, key))
    if not keys:
        raise ImproperlyConfigured("ENCRYPTION_KEYS is empty")
    return keys
