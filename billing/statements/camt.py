"""Statements as ISO 20022 camt.053 (BankToCustomerStatement), versions 001.02 to 001.08.

The file is not trusted: documents with a document type, and documents deeper or larger than a statement can be, are
refused before anything is built of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from billing.money import Money
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

MAX_DEPTH = 40
MAX_ELEMENTS = 250_000
_DOCUMENT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]\}Document")
_AMOUNT = re.compile(r"\+?\d{1,15}(\.\d{1,6})?", re.ASCII)
_TEXTS = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf")


@dataclass(frozen=True, slots=True)
class _Movement:
    """One booked amount: an entry, or one transaction of an entry that holds a batch."""

    value: Decimal
    currency: str
    entry: Element
    details: tuple[Element, ...]


def read_camt(content: bytes, *, currency: str | None = None, account: str = "") -> Statement:
    """A statement from camt.053. `account` is used where the file names none. Raises BadStatement."""
    _check_harmless(content)
    root = ElementTree.fromstring(content)  # noqa: S314  the line above refuses entities and bombs
    if not _DOCUMENT.fullmatch(root.tag):
        raise BadStatement("unknown_format")
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    statements = root.findall("BkToCstmrStmt/Stmt")
    movements = [list(_movements(statement)) for statement in statements]
    if not statements:
        raise BadStatement("unknown_format")
    if sum(map(len, movements)) > MAX_ENTRIES:
        raise BadStatement("too_many_entries")
    named = {movement.currency for each in movements for movement in each}
    named.update(code for statement in statements for code in _texts(statement, "Acct/Ccy"))
    only = choose_currency(named, expected=currency)
    parts = [
        _part(statement, each, only, clean_account(account))
        for statement, each in zip(statements, movements, strict=True)
    ]
    return join_parts(format="camt.053", currency=only, parts=parts)


def _check_harmless(content: bytes) -> None:
    """Raise BadStatement(bad_xml) for XML that is broken, has a document type, or is too deep or too large."""
    depth = elements = 0

    def refuse(*_: Any) -> None:
        raise BadStatement("bad_xml")

    def enter(*_: Any) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise BadStatement("bad_xml")

    def leave(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    try:
        parser.Parse(content, True)
    except BadStatement:
        raise
    except expat.ExpatError as problem:
        raise BadStatement("bad_xml", line=problem.lineno) from None
    except (ValueError, LookupError):  # an encoding that Python does not know, or is none of text
        raise BadStatement("bad_xml") from None


def _movements(statement: Element) -> Iterator[_Movement]:
    """The booked entries; a batch is given as its transactions where their amounts add up to it."""
    for entry in statement.findall("Ntry"):
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts") or "BOOK") != "BOOK":
            continue
        value, currency = _signed(entry, entry)
        details = entry.findall("NtryDtls/TxDtls")
        try:
            parts = [_signed(detail, entry) for detail in details]
        except BadStatement:  # transactions need not name their amounts
            parts = []
        adds_up = sum(part for part, _ in parts) == value and {code for _, code in parts} == {currency}
        if len(parts) > 1 and adds_up:
            for (part, _), detail in zip(parts, details, strict=True):
                yield _Movement(part, currency, entry, (detail,))
        else:
            yield _Movement(value, currency, entry, tuple(details))


def _signed(element: Element, entry: Element) -> tuple[Decimal, str]:
    """The amount of an entry, a transaction or a balance, and its currency; what was debited is negative.

    The indicator already says the true direction of a reversal (ISO 20022, ReversalIndicator).
    """
    amounts = element.findall("Amt") or element.findall("AmtDtls/TxAmt/Amt")
    text = (amounts[0].text or "").strip() if amounts else ""
    side = _text(element, "CdtDbtInd") or _text(entry, "CdtDbtInd")
    if not _AMOUNT.fullmatch(text) or side not in ("CRDT", "DBIT"):
        raise BadStatement("bad_amount", text=f"{_text(entry, 'NtryRef')} {text} {side}")
    value = Decimal(text)
    return (value if side == "CRDT" else -value), amounts[0].get("Ccy", "").strip()


def _part(statement: Element, movements: list[_Movement], currency: str, account: str) -> Part:
    own = clean_account(_text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")) or account
    return Part(
        account=own,
        entries=[_entry(movement, currency, own) for movement in movements],
        opening=_balance(statement, ("OPBD", "PRCD"), currency),
        closing=_balance(statement, ("CLBD",), currency),
    )


def _balance(statement: Element, codes: tuple[str, ...], currency: str) -> Money | None:
    for balance in statement.findall("Bal"):
        if _text(balance, "Tp/CdOrPrtry/Cd") in codes:
            value, named = _signed(balance, balance)
            choose_currency({named}, expected=currency)
            return amount_of(value, currency)
    return None


def _entry(movement: _Movement, currency: str, account: str) -> StatementEntry:
    entry, details = movement.entry, movement.details
    they = "Dbtr" if movement.value > 0 else "Cdtr"
    first = details[0] if len(details) == 1 else None
    texts = [text for element in details for path in _TEXTS for text in _texts(element, path)]
    references = [text for element in details for text in _texts(element, "Refs/EndToEndId")]
    bank_ref = (_text(first, "Refs/AcctSvcrRef") if first is not None else "") or _text(entry, "AcctSvcrRef")
    return StatementEntry(
        booked_on=_date(entry),
        amount=amount_of(movement.value, currency),
        text=clean(" ".join([*texts, *_texts(entry, "AddtlNtryInf"), *map(clean_reference, references)])),
        counterparty_name=clean(_party(first, they), limit=MAX_NAME),
        counterparty_account=clean_account(_account(first, they)),
        bank_ref=clean_reference(bank_ref),
        account=account,
    )


def _party(detail: Element | None, they: str) -> str:
    """A name stands in the party itself up to version 07, in a choice below it since."""
    paths = (
        f"RltdPties/{they}/Nm",
        f"RltdPties/{they}/Pty/Nm",
        f"RltdPties/Ultmt{they}/Nm",
        f"RltdPties/Ultmt{they}/Pty/Nm",
    )
    return "" if detail is None else next((name for path in paths if (name := _text(detail, path))), "")


def _account(detail: Element | None, they: str) -> str:
    path = f"RltdPties/{they}Acct/Id"
    return "" if detail is None else _text(detail, f"{path}/IBAN") or _text(detail, f"{path}/Othr/Id")


def _date(entry: Element) -> date:
    paths = ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    text = next((text for path in paths if (text := _text(entry, path))), "")
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        raise BadStatement("bad_date", text=f"{_text(entry, 'NtryRef')} {text}") from None
    if found.year not in YEARS:
        raise BadStatement("bad_date", text=text)
    return found


def _texts(element: Element, path: str) -> list[str]:
    return [text for child in element.findall(path) if (text := (child.text or "").strip())]


def _text(element: Element, path: str) -> str:
    return next(iter(_texts(element, path)), "")
