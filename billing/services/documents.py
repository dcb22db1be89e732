"""The files of invoices and credit notes, made after they were issued."""

from __future__ import annotations

from typing import Any


def on_invoice_issued(payload: dict[str, Any]) -> None:
    """Outbox handler: have the PDF made after commit."""
