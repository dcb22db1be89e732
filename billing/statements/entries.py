"""What every bank statement comes down to, whatever its format: dated, signed amounts with a text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.money import EXPONENTS, InexactAmount, Money

MAX_ENTRIES = 10_000
MAX_TEXT = 2_000  # characters
MAX_NAME = 140  # characters, ISO 20022 Max140Text
MAX_REFERENCE = 64  # characters
MAX_MINOR = 10**15
YEARS = range(2000, 2100)

# Control characters, half surrogates (PostgreSQL takes neither), and marks that hide or turn around what follows.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")

# What banks write where there is no reference (SWIFT MT940 field 61, ISO 20022 EndToEndId).
_NO_REFERENCE = frozenset({"NONREF", "NOTPROVIDED", "NOTAVAILABLE", "NONE", "NA"})


class BadStatement(ValueError):
    """Why a file cannot be taken.

    `code` is one of: empty, too_big, too_many_entries, excel, pdf, unknown_format, bad_xml, missing_columns (named in
    `columns`), bad_line, bad_date, bad_amount, no_currency, unknown_currency, other_currency, mixed_currencies.
    `line` counts from 1 (0 when no line is to blame), `text` is what stands there.
    """

    def __init__(self, code: str, *, line: int = 0, text: str = "", columns: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.text = clean(text, limit=120)
        self.columns = columns


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEntry:
    """One movement on our account. Money that came in is positive, money that went out negative.

    `text` is every line the payer or the bank wrote, `bank_ref` the bank's own id of the movement, `account` our IBAN
    or account number as the file names it. `dedupe_key` is the same wherever this movement is read again.
    """

    booked_on: date
    amount: Money
    text: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    bank_ref: str = ""
    account: str = ""
    dedupe_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A page of a statement, or one of several statements in a file."""

    account: str
    entries: Sequence[StatementEntry]
    opening: Money | None = None
    closing: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A file as read. `account` is empty when the file names none, or several; balances are None when not given."""

    format: str
    currency: str
    account: str
    entries: tuple[StatementEntry, ...]
    opening: Money | None = None
    closing: Money | None = None

    @property
    def gap(self) -> Money | None:
        """Closing balance less opening balance and entries: not zero when the file leaves movements out.

        None when a balance is missing. A reason to look, not to refuse: banks export filtered lists.
        """
        if self.opening is None or self.closing is None:
            return None
        return self.closing - self.opening - sum((entry.amount for entry in self.entries), Money(0, self.currency))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of what a person should know before using the entries: `unbalanced`, or nothing."""
        return ("unbalanced",) if self.gap else ()


def join_parts(*, format: str, currency: str, parts: Iterable[Part]) -> Statement:
    """One statement of all parts, each entry with its dedupe key. Raises BadStatement(too_many_entries)."""
    parts = list(parts)
    entries = [entry for part in parts for entry in part.entries]
    if len(entries) > MAX_ENTRIES:
        raise BadStatement("too_many_entries")
    accounts = {part.account for part in parts}
    one = len(accounts) == 1
    return Statement(
        format=format,
        currency=currency,
        account=accounts.pop() if one else "",
        entries=_with_keys(entries),
        opening=parts[0].opening if one else None,
        closing=parts[-1].closing if one else None,
    )


def _with_keys(entries: Iterable[StatementEntry]) -> tuple[StatementEntry, ...]:
    """Keys that survive another export: equal movements are told apart only by how many there are.

    The text counts even beside a bank reference, because banks give one reference to a whole batch: two payers of a
    batch must never be taken for one. Case, accents and spaces do not count, for they depend on the export.
    """
    seen: Counter[str] = Counter()
    keyed = []
    for entry in entries:
        alike = "|".join(
            (
                entry.account,
                entry.booked_on.isoformat(),
                str(entry.amount.minor),
                entry.amount.currency,
                squeeze(entry.bank_ref),
                squeeze(entry.counterparty_name),
                squeeze(entry.text),
            )
        )
        seen[alike] += 1
        key = hashlib.sha256(f"{alike}|{seen[alike]}".encode()).hexdigest()
        keyed.append(replace(entry, dedupe_key=key))
    return tuple(keyed)


def clean(text: str | None, *, limit: int = MAX_TEXT) -> str:
    """One line without control characters, single-spaced, of at most `limit` characters."""
    printable = _UNPRINTABLE.sub(" ", (text or "")[: 4 * limit])
    return " ".join(printable.split())[:limit].rstrip()


def clean_reference(text: str | None) -> str:
    """A reference, or nothing for the words banks write where there is none."""
    reference = clean(text, limit=MAX_REFERENCE)
    return "" if squeeze(reference) in _NO_REFERENCE else reference


def clean_account(text: str | None) -> str:
    """An IBAN or account number in capitals without spaces or punctuation."""
    return re.sub(r"[^0-9A-Z]", "", (text or "").upper())[:34]


def plain(text: str) -> str:
    """Capitals without accents."""
    if text.isascii():
        return text.upper()
    folded = unicodedata.normalize("NFKD", text).upper()
    return "".join(char for char in folded if not unicodedata.combining(char))


def squeeze(text: str) -> str:
    """Only the letters and digits, in capitals without accents."""
    return _NOT_ALPHANUMERIC.sub("", plain(text))


def amount_of(value: Decimal, currency: str) -> Money:
    """An exact amount; raises BadStatement(bad_amount) for fractions the currency lacks and for absurd sums."""
    try:
        money = Money.from_decimal(value, currency)
    except InexactAmount:
        raise BadStatement("bad_amount", text=str(value)) from None
    if abs(money.minor) > MAX_MINOR:
        raise BadStatement("bad_amount", text=str(value))
    return money


def choose_currency(found: Iterable[str], *, expected: str | None) -> str:
    """The one currency of a file: what it says, which must be what the account is kept in if that is known.

    Raises BadStatement: mixed_currencies, other_currency, unknown_currency, no_currency.
    """
    names = sorted(set(found))
    if len(names) > 1:
        raise BadStatement("mixed_currencies", text=", ".join(names[:5]))
    currency = names[0] if names else expected
    if not currency:
        raise BadStatement("no_currency")
    if expected and currency != expected:
        raise BadStatement("other_currency", text=currency)
    if currency not in EXPONENTS:
        raise BadStatement("unknown_currency", text=currency)
    return currency
