"""Statements as tables: whatever the delimiter, the names of the columns and the lines around the table."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from csv import Error, reader
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from billing.statements.columns import Header, Role, read_header
from billing.statements.entries import (
    MAX_ENTRIES,
    MAX_NAME,
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
    plain,
)
from billing.statements.values import currencies_in, read_amount, read_date

DELIMITERS = ";\t,|"
MAX_LINES_BEFORE = 60
MAX_HEADER = 2_000  # characters
MAX_LINES = 4 * MAX_ENTRIES
_MONEY_ROLES = (Role.AMOUNT, Role.DEBIT, Role.CREDIT, Role.BALANCE)
_OUT = frozenset({"D", "DB", "DR", "DT", "DEBIT", "DEBITEUR", "-"})
_IN = frozenset({"C", "CR", "CT", "CREDIT", "CREDITEUR", "+"})

# Only these words and nothing else: "SOLDE COMMANDE BA-..." and "TOTAL ENERGIES SA" are payers.
_BALANCE_LINE = re.compile(
    r"(ANCIEN |NOUVEAU |DERNIER )?SOLDE( (INITIAL|FINAL|PRECEDENT|ANTERIEUR|REPORTE|CREDITEUR|DEBITEUR|COMPTABLE|"
    r"OUVERTURE|CLOTURE|DEBUT|FIN|PERIODE|MOIS|D|DE|EN|A|NOUVEAU|AU|DU|LE|\d+))*"
    r"|REPORT( A NOUVEAU)?|A NOUVEAU|(OPENING|CLOSING|PREVIOUS|NEW) BALANCE|BALANCE (BROUGHT|CARRIED) FORWARD|BALANCE"
)
_TOTAL_LINE = re.compile(r"(SOUS )?TOTA(L|UX)\b.*|GRAND TOTAL\b.*")


@dataclass(frozen=True, slots=True)
class _Table:
    """A file cut into the lines before the table, its header, and what stands under it from line `start` on."""

    before: list[str]
    header: Header
    names: list[str]
    delimiter: str
    body: str
    start: int


@dataclass(slots=True)
class _Row:
    """A line of the table as read; `more` are lines under it that continue its text."""

    line: int
    cells: list[str]
    date: date | None
    amount: Decimal | None
    balance: Decimal | None
    label: str
    more: list[str] = field(default_factory=list)

    @property
    def is_balance(self) -> bool:
        return _BALANCE_LINE.fullmatch(self.label) is not None

    @property
    def is_entry(self) -> bool:
        return self.date is not None and bool(self.amount)

    @property
    def stated(self) -> Decimal | None:
        """The balance that a balance line states, in whichever column."""
        return self.amount if self.balance is None else self.balance

    def bad(self, code: str = "bad_line") -> BadStatement:
        return BadStatement(code, line=self.line, text=" | ".join(cell for cell in self.cells if cell.strip()))


def read_csv(text: str, *, currency: str | None = None, account: str = "") -> Statement:
    """A statement from delimited text. `account` is used where the file names none. Raises BadStatement."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    table = _find_table(text)
    rows = list(_rows(table))
    only = choose_currency(_currencies(table, rows), expected=currency)
    own = clean_account(_labelled(table.before, Role.ACCOUNT)) or clean_account(account)
    opening_row, entry_rows, closing_row = _without_edges(rows)
    entries = [_entry(table.header, row, only, own) for row in entry_rows]
    opening, closing = _balances(entry_rows, opening_row, closing_row)
    accounts = {entry.account for entry in entries} or {own}
    part = Part(
        account=accounts.pop() if len(accounts) == 1 else "",
        entries=entries,
        opening=None if opening is None else amount_of(opening, only),
        closing=None if closing is None else amount_of(closing, only),
    )
    return join_parts(format="csv", currency=only, parts=[part])


def _find_table(text: str) -> _Table:
    """The first line that names a date, a text and amounts, by whatever delimiter shows the most names."""
    lines = text.split("\n", MAX_LINES_BEFORE)
    best: _Table | None = None
    for number, line in enumerate(lines[:MAX_LINES_BEFORE]):
        for delimiter in DELIMITERS:
            names = _split_line(line, delimiter)
            header = read_header(names)
            better = best is None or (not header.missing, header.known) > (not best.header.missing, best.header.known)
            if header.known > 1 and better:
                body = "\n".join(lines[number + 1 :])
                best = _Table(lines[:number], header, names, delimiter, body, number + 2)
        if best and not best.header.missing:
            return best
    if best is None:
        raise BadStatement("unknown_format")
    raise BadStatement("missing_columns", line=best.start - 1, text=best.delimiter.join(best.names),
                       columns=best.header.missing)  # fmt: skip


def _split_line(line: str, delimiter: str) -> list[str]:
    return next(reader([line[:MAX_HEADER]], delimiter=delimiter), [])


def _labelled(before: Sequence[str], role: Role) -> str:
    """What stands beside a label above the table: "Compte : 371...", or the label and the value in two cells."""
    for line in before:
        cells = [cell.strip(' "') for cell in re.split(r"[;\t,|:]", line) if cell.strip(' "')]
        for label, value in pairwise(cells):
            if read_header([label]).roles == (role,):
                return value
    return ""


def _currencies(table: _Table, rows: Sequence[_Row]) -> set[str]:
    """Every currency the file names: above the table, in its header, in a column of its own, beside amounts."""
    stated = {_labelled(table.before, Role.CURRENCY)}
    header = table.header
    beside = [name for name, role in zip(table.names, header.roles, strict=False) if role in _MONEY_ROLES]
    for row in rows:
        stated.update(header.cells(row.cells, Role.CURRENCY))
        beside.extend(header.cells(row.cells, *_MONEY_ROLES))
    codes = {plain(code) for code in stated if re.fullmatch(r"[A-Za-z]{3}", code)} - {"CFA"}
    return codes.union(*(currencies_in(text) for text in {*beside, *stated}))


def _rows(table: _Table) -> Iterator[_Row]:
    """The lines that hold a movement or a balance. Raises BadStatement for one that cannot be read."""
    last: _Row | None = None
    found = 0
    for line, cells in _lines(table):
        row = None if cells == table.names else _read_row(table.header, line, cells)
        if row is None or (row.date is None and _TOTAL_LINE.fullmatch(row.label)):
            last = None
        elif row.date is None and row.amount is None and row.balance is None:
            # A second line of text under its movement; what stands elsewhere (page numbers, notices) belongs to none.
            if last and not table.header.cell(cells, Role.DATE, Role.VALUE_DATE):
                last.more.extend(cell for cell in cells if cell.strip())
            else:
                last = None
        else:
            last = row if row.is_entry else None
            found += row.is_entry
            if found > MAX_ENTRIES:
                raise BadStatement("too_many_entries")
            if row.is_entry or row.is_balance:
                yield row
            elif row.date is None or row.amount is None:
                raise row.bad("bad_date" if row.date is None else "bad_amount")


def _lines(table: _Table) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and cells. Strict: a quotation mark left open would swallow the lines after it."""
    cells = reader(io.StringIO(table.body, newline=""), delimiter=table.delimiter, strict=True)
    while True:
        line = table.start + cells.line_num
        if line > MAX_LINES:
            raise BadStatement("too_many_entries")
        try:
            row = next(cells)
        except StopIteration:
            return
        except Error:
            raise BadStatement("bad_line", line=line, text=table.body.split("\n")[line - table.start]) from None
        if any(cell.strip() for cell in row[len(table.header.roles) :]):
            raise BadStatement("bad_line", line=line, text=" | ".join(row))
        yield line, row


def _read_row(header: Header, line: int, cells: list[str]) -> _Row | None:
    """A line as read, None for an empty one. Without a date, words where amounts belong are only words."""
    if not any(cell.strip() for cell in cells):
        return None
    when = header.cell(cells, Role.DATE, Role.VALUE_DATE)
    label = " ".join(header.cells(cells, Role.TEXT, Role.NAME, Role.REFERENCE)) or when
    row = _Row(line, cells, None, None, None, " ".join(re.findall(r"[0-9A-Z]+", plain(label))))
    with suppress(BadStatement):
        row.date = read_date(when)
    try:
        row.amount = _amount(header, cells)
        row.balance = read_amount(header.cell(cells, Role.BALANCE))
    except BadStatement as problem:
        if row.date is not None:
            raise BadStatement("bad_amount", line=line, text=problem.text) from None
    return row


def _amount(header: Header, cells: list[str]) -> Decimal | None:
    """What a line moved, money in being positive; None when it names no amount."""
    debit = read_amount(header.cell(cells, Role.DEBIT))
    credit = read_amount(header.cell(cells, Role.CREDIT))
    if debit is not None or credit is not None:
        # Some banks write a sign before what stands under debit, others do not.
        return (credit or Decimal(0)) - abs(debit or Decimal(0))
    amount = read_amount(header.cell(cells, Role.AMOUNT))
    side = plain(header.cell(cells, Role.SIDE))
    if amount is not None and side in _OUT | _IN:
        return -abs(amount) if side in _OUT else abs(amount)
    return amount


def _without_edges(rows: Sequence[_Row]) -> tuple[_Row | None, list[_Row], _Row | None]:
    """The balance line before all movements, the movements, and the balance line after them."""
    start, end = 0, len(rows)
    while start < end and rows[start].is_balance:
        start += 1
    while end > start and rows[end - 1].is_balance:
        end -= 1
    return (
        rows[start - 1] if start else None,
        [row for row in rows[start:end] if row.is_entry],
        rows[end] if end < len(rows) else None,
    )


def _balances(rows: Sequence[_Row], first: _Row | None, last: _Row | None) -> tuple[Decimal | None, Decimal | None]:
    """Opening and closing balance: from lines of their own, or from the balance beside each movement."""
    newest_first = _newest_first(rows)
    if first and last:
        before, after = (last, first) if newest_first else (first, last)
        return before.stated, after.stated
    if not rows:
        return None, None
    before, after = (rows[-1], rows[0]) if newest_first else (rows[0], rows[-1])
    opening = None if before.balance is None or before.amount is None else before.balance - before.amount
    return opening, after.balance


def _newest_first(rows: Sequence[_Row]) -> bool:
    """Whether the table runs backwards: by its dates, and within one day by the balances."""
    if len(rows) < 2 or rows[0].date is None or rows[-1].date is None:
        return False
    if rows[0].date != rows[-1].date:
        return rows[0].date > rows[-1].date
    top, under = rows[0], rows[1]
    if top.balance is None or under.balance is None or top.amount is None or under.amount is None:
        return False
    return top.balance + under.amount != under.balance and under.balance + top.amount == top.balance


def _entry(header: Header, row: _Row, currency: str, account: str) -> StatementEntry:
    if row.date is None or row.amount is None:
        raise row.bad()
    try:
        amount = amount_of(row.amount, currency)
    except BadStatement:
        raise row.bad("bad_amount") from None
    return StatementEntry(
        booked_on=row.date,
        amount=amount,
        text=clean(" ".join([*header.cells(row.cells, Role.TEXT), *row.more])),
        counterparty_name=clean(header.cell(row.cells, Role.NAME), limit=MAX_NAME),
        counterparty_account=clean_account(header.cell(row.cells, Role.THEIR_ACCOUNT)),
        bank_ref=clean_reference(header.cell(row.cells, Role.REFERENCE)),
        account=clean_account(header.cell(row.cells, Role.ACCOUNT)) or account,
    )
