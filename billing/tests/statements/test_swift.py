"""MT940, as African and European banks send it."""

from __future__ import annotations

import logging

import pytest

from billing.money import Money
from billing.statements.detect import read_statement
from billing.statements.entries import BadStatement
from billing.tests.statements.support import read, sample, summary

HEAD = b":20:A\n:25:371\n:60F:C261120XAF0,\n"
TAIL = b"\n:62F:C261121XAF0,\n"


def test_two_pages_of_a_bank_that_writes_free_text() -> None:
    statement = read("palmiers.sta")
    assert (statement.format, statement.currency, statement.account) == ("mt940", "XAF", "10005000123710001234541")
    assert [(date, amount) for date, amount, _ in summary(statement)] == [
        ("2026-11-21", "25000"),
        ("2026-11-21", "-5963"),
        ("2026-11-21", "-10000"),
        ("2026-11-23", "50000"),
    ]
    first = statement.entries[0]
    assert "COMMANDE BA-7K 3M-2QXZ MERCI" in first.text
    assert (first.counterparty_name, first.bank_ref) == ("KAMGA JEAN PAUL", "FT2632511")
    assert (statement.opening, statement.closing) == (Money(1_250_000, "XAF"), Money(1_309_037, "XAF"))
    assert statement.gap == Money(0, "XAF")


def test_structured_details_give_name_account_and_purpose() -> None:
    statement = read("atlas.mt940")
    first, reversed_credit = statement.entries
    assert first.counterparty_name == "KAMGA JEAN-PAUL"
    assert first.counterparty_account == "FR7610278060410002067890125"
    assert "Abonnement Baobab Silver" in first.text
    assert "BA-7K3M-2QXZ" in first.text
    assert reversed_credit.amount == Money(-1_906, "EUR")
    assert statement.gap == Money(0, "EUR")


def test_a_missing_page_is_a_warning() -> None:
    first_page = sample("palmiers.sta").split(b"-}")[0]
    second_page = sample("palmiers.sta").split(b"-}")[1]
    assert read_statement(first_page).warnings == ()
    assert read_statement(first_page + second_page.replace(b"C50000,", b"C40000,")).warnings == ("unbalanced",)


def test_movements_without_a_balance_beside_them_are_kept() -> None:
    alone = b":20:B\n:61:261121C25000,NTRFNONREF\n:86:%b\n"
    content = HEAD + TAIL + alone % b"Kamga" + alone % b"Ngono"
    assert [entry.text for entry in read_statement(content).entries] == ["Kamga", "Ngono"]


def test_what_the_bank_says_after_the_last_balance_belongs_to_no_payer() -> None:
    content = HEAD + b":61:261121C25000,NTRFNONREF\n:86:Kamga" + TAIL + b":86:Solde disponible\n"
    assert [entry.text for entry in read_statement(content).entries] == ["Kamga"]


@pytest.mark.parametrize(
    ("movement", "code"),
    [
        (b":61:2611311121C25000,NTRFNONREF", "bad_line"),
        (b":61:XX", "bad_line"),
        (b":61:261121C,,NTRFNONREF", "bad_line"),
        (b":61:261121C25000,50NTRFNONREF", "bad_amount"),
    ],
)
def test_a_line_that_cannot_be_read_is_shown_with_its_number(movement, code) -> None:
    with pytest.raises(BadStatement) as refused:
        read_statement(HEAD + movement + TAIL)
    assert (refused.value.code, refused.value.line) == (code, 4)
    assert refused.value.text


def test_accounts_in_two_currencies_are_refused_together() -> None:
    other = (HEAD + TAIL).replace(b"XAF", b"EUR").replace(b":371", b":372")
    with pytest.raises(BadStatement) as refused:
        read_statement(HEAD + TAIL + other)
    assert refused.value.code == "mixed_currencies"


def test_a_file_name_in_a_file_is_not_opened(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = HEAD + b":61:261121C25000,NTRFNONREF" + TAIL
    (tmp_path / content.decode().split("\n")[0]).write_text("elsewhere")
    assert len(read_statement(content).entries) == 1


def test_what_cannot_be_read_is_not_logged(caplog) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(BadStatement):
        read_statement(HEAD + b":61:KAMGA JEAN PAUL" + TAIL)
    assert "KAMGA" not in caplog.text
