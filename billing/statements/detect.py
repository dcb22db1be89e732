"""From the bytes of an uploaded file to a statement, by what the file is and not by its name."""

from __future__ import annotations

import codecs

from billing.statements.camt import read_camt
from billing.statements.csv import read_csv
from billing.statements.entries import BadStatement, Statement
from billing.statements.mt940 import looks_like_mt940, read_mt940

MAX_BYTES = 5 * 1024 * 1024
_OTHER_FILES = {b"PK\x03\x04": "excel", b"\xd0\xcf\x11\xe0": "excel", b"%PDF-": "pdf"}


def read_statement(content: bytes, *, currency: str | None = None, account: str = "") -> Statement:
    """A statement from CSV, MT940 or camt.053.

    `currency` is what the account is known to be kept in: used where the file names none (as most CSV do), and
    required of it where it does. `account` is used where the file names none; it belongs to the entries' dedupe keys,
    so give it always alike. Raises BadStatement, and nothing else whatever the bytes.
    """
    if len(content) > MAX_BYTES:
        raise BadStatement("too_big")
    for start, code in _OTHER_FILES.items():
        if content.startswith(start):
            raise BadStatement(code)
    text = _decode(content)
    if not text.strip():
        raise BadStatement("empty")
    if text.lstrip().startswith("<"):
        return read_camt(content.lstrip(), currency=currency, account=account)
    read = read_mt940 if looks_like_mt940(text) else read_csv
    return read(text, currency=currency, account=account)


def _decode(content: bytes) -> str:
    """By its mark, or by where its zero bytes are, or as UTF-8, or as what French Windows writes."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    head = content[:400]
    if head[1::2].count(0) > len(head) // 4:
        return content.decode("utf-16-le", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
