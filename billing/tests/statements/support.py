"""Sample statements, and entries and candidates that differ from a plain one in what a test says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from billing.money import Money
from billing.statements.detect import read_statement
from billing.statements.entries import Statement, StatementEntry
from billing.statements.matching import Candidate

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def read(name: str, **known: Any) -> Statement:
    return read_statement(sample(name), **known)


def table(*lines: str) -> bytes:
    """A CSV of ours with these lines under a plain header."""
    return "\n".join(["Date;Libellé;Débit;Crédit", *lines]).encode()


def summary(statement: Statement) -> list[tuple[str, str, str]]:
    """Each entry's date, amount and text."""
    return [(entry.booked_on.isoformat(), entry.amount.as_text(), entry.text) for entry in statement.entries]


def an_entry(text: str = "", amount: int = 25_000, **other: Any) -> StatementEntry:
    return StatementEntry(**{"booked_on": date(2026, 11, 21), "amount": Money(amount, "XAF"), "text": text} | other)


def a_candidate(number: str = "BA-7K3M-2QXZ", **other: Any) -> Candidate:
    plain = {
        "key": uuid4(),
        "number": number,
        "due": Money(25_000, "XAF"),
        "created_at": datetime(2026, 11, 15, tzinfo=UTC),
        "names": ("Jean Paul Kamga",),
    }
    return Candidate(**plain | other)
