"""Text messages, through whichever provider the settings name (SMS_PROVIDER, a dotted path)."""

from __future__ import annotations

import os
import time
import unicodedata
import uuid
from pathlib import Path
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

# The basic alphabet of text messages (3GPP TS 23.038, 6.2.1), 160 to a message; any other character halves that and more.
_GSM = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_INSTEAD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
                          "€": "EUR", "œ": "oe", "Œ": "OE"})  # fmt: skip
LONGEST = 160


def gsm_safe(text: str) -> str:
    """A text on one line in the basic alphabet: other letters without their accents, what has no likeness as "?"."""
    line = " ".join(text.translate(_INSTEAD).split())
    return "".join(character if character in _GSM else _plain(character) for character in line)


def _plain(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base in _GSM else "?"


class SmsUnavailable(Exception):
    """The message could not be handed over; it may be tried again."""


class SmsProvider(Protocol):
    """What sends text messages. Each call speaks to somebody else's server: never inside a transaction."""

    offered: bool  # whether people may choose SMS at all

    def send(self, *, to: str, text: str) -> None:
        """Hand one message over. `to` is E.164. Raises SmsUnavailable, or an OSError of the network."""


class NoSms:
    """No provider: SMS is not offered."""

    offered = False

    def send(self, *, to: str, text: str) -> None:
        raise SmsUnavailable("no SMS provider is set")


class FileSms:
    """For development: one text file a message in MAIL_DIR, complete or not at all."""

    offered = True

    def send(self, *, to: str, text: str) -> None:
        directory = Path(settings.MAIL_DIR)
        directory.mkdir(parents=True, exist_ok=True)
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}.sms.txt"
        partial = directory / f".{name}"
        partial.write_text(f"{to}\n{text}\n", encoding="utf-8")
        os.replace(partial, directory / name)


def sms_provider() -> SmsProvider:
    """The provider of the settings."""
    return cast("SmsProvider", import_string(settings.SMS_PROVIDER)())
