"""Statements as SWIFT MT940 (customer statement message), read with the `mt-940` library.

Each field is given to the library alone, so that whatever it raises over one belongs to a line people can look up, and
never the whole file: its entry points would open a file whose name the content happens to be.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from mt940 import Options
from mt940.models import Transactions

from billing.statements.entries import (
    MAX_ENTRIES,
    MAX_NAME,
    YEARS,
    BadStatement,
    Part,
    Statement,
    StatementEntry,
    amount_of,
    choose_currency,
    clean,
    clean_account,
    clean_reference,
    join_parts,
)

MAX_FIELDS = 4 * MAX_ENTRIES

# The library logs fields it cannot read as they stand, with names and account numbers.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)

_FIELD = re.compile(r"^:(13D?|20|21|25P?|28C?|34F|60[FM]|61|62[FM]|64|65|86|90[CD]|NS):", re.MULTILINE)
# SWIFT code words that banks put inside field 86: the ordering customer, and then whatever comes next.
_ORDERED_BY = re.compile(r"/ORDP/+(?:NAME/)?([^/]+)|/NAME/([^/]+)")


@dataclass(slots=True)
class _Page:
    """The fields of one message, as far as they are read. A movement is its line, its field 61, and its field 86."""

    account: str = ""
    opening: tuple[Decimal, str] | None = None
    closing: tuple[Decimal, str] | None = None
    movements: list[tuple[int, str, list[str]]] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def take(self, line: int, tag: str, content: str) -> None:
        """Keep what a field says; a field 86 belongs to the movement before it, after the last balance to none."""
        if tag in ("25", "25P"):
            self.account = clean_account(content.split("\n")[0])
        elif tag in ("60F", "60M"):
            self.opening = _balance(line, tag, content)
        elif tag in ("62F", "62M"):
            self.closing, self.details = _balance(line, tag, content), []
        elif tag == "61":
            self.details = []
            self.movements.append((line, content, self.details))
        elif tag == "86":
            self.details.append(content)


def looks_like_mt940(text: str) -> bool:
    """Whether a text has the two fields that every statement message begins with."""
    return all(re.search(rf"^:{tag}:", text, re.MULTILINE) for tag in ("20", "60[FM]"))


def read_mt940(text: str, *, currency: str | None = None, account: str = "") -> Statement:
    """A statement from MT940 text. `account` is used where the file names none. Raises BadStatement."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pages = list(_pages(text))
    named = {balance[1] for page in pages for balance in (page.opening, page.closing) if balance}
    only = choose_currency(named, expected=currency)
    parts = [_part(page, only, clean_account(account)) for page in pages]
    return join_parts(format="mt940", currency=only, parts=parts)


def _pages(text: str) -> Iterator[_Page]:
    page = _Page()
    counted = 0
    for number, (line, tag, content) in enumerate(_fields(text)):
        if tag == "20":
            if page.opening or page.movements:
                yield page
            page = _Page()
        page.take(line, tag, content)
        counted += tag in ("20", "61")
        if counted > MAX_ENTRIES or number > MAX_FIELDS:
            raise BadStatement("too_many_entries")
    if page.opening or page.movements:
        yield page


def _fields(text: str) -> Iterator[tuple[int, str, str]]:
    """The line number, tag and content of each field, without the marks that end a message."""
    matches = list(_FIELD.finditer(text))
    line, counted = 1, 0
    for match, following in zip_longest(matches, matches[1:]):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        content = text[match.end() : following.start() if following else len(text)]
        yield line, match[1], re.split(r"^-\}?\s*$", content, maxsplit=1, flags=re.MULTILINE)[0].strip()


def _parse(line: int, source: str) -> Transactions:
    """What the library makes of one field or two. Raises BadStatement(bad_line)."""
    transactions = Transactions(options=Options.all())
    try:
        transactions.parse(source)
    except (RuntimeError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError):
        raise BadStatement("bad_line", line=line, text=source.split("\n")[0]) from None
    return transactions


def _balance(line: int, tag: str, content: str) -> tuple[Decimal, str]:
    source = f":{tag}:{content}"
    for balance in _parse(line, source).data.values():
        if balance.amount and balance.amount.currency:
            return balance.amount.amount, balance.amount.currency.upper()
    raise BadStatement("bad_line", line=line, text=source)


def _part(page: _Page, currency: str, account: str) -> Part:
    own = page.account or account
    return Part(
        account=own,
        entries=[_entry(*movement, currency=currency, account=own) for movement in page.movements],
        opening=amount_of(page.opening[0], currency) if page.opening else None,
        closing=amount_of(page.closing[0], currency) if page.closing else None,
    )


def _entry(line: int, moved: str, details: list[str], *, currency: str, account: str) -> StatementEntry:
    source = "\n:86:".join([f":61:{moved}", *filter(None, ["\n".join(details)])])
    transactions = _parse(line, source)
    if len(transactions) != 1:
        raise BadStatement("bad_line", line=line, text=source.split("\n")[0])
    data = transactions[0].data
    booked_on = data.get("entry_date") or data.get("date")
    if not isinstance(booked_on, date) or booked_on.year not in YEARS:
        raise BadStatement("bad_date", line=line, text=moved.split("\n")[0])
    try:
        amount = amount_of(data["amount"].amount, currency)
    except BadStatement:
        raise BadStatement("bad_amount", line=line, text=moved.split("\n")[0]) from None
    return StatementEntry(
        booked_on=date(booked_on.year, booked_on.month, booked_on.day),
        amount=amount,
        text=_text(data),
        counterparty_name=clean(_name(data), limit=MAX_NAME),
        counterparty_account=clean_account(data.get("applicant_iban") or data.get("gvc_applicant_iban")),
        bank_ref=clean_reference(data.get("bank_reference")),
        account=account,
    )


def _text(data: dict[str, Any]) -> str:
    """Everything written about a movement: structured or not, by the payer or the bank."""
    keys = (
        "transaction_details",
        "posting_text",
        "purpose",
        "additional_purpose",
        "end_to_end_reference",
        "extra_details",
    )
    parts = [data.get(key) or "" for key in keys]
    return clean(" ".join([*parts, clean_reference(data.get("customer_reference"))]))


def _name(data: dict[str, Any]) -> str:
    if name := data.get("applicant_name"):
        return str(name)
    match = _ORDERED_BY.search((data.get("transaction_details") or "").replace("\n", ""))
    return next(filter(None, match.groups()), "") if match else ""
