"""Tables from banks: their delimiters, encodings, column names, dates and amounts, and the lines around them."""

from __future__ import annotations

import codecs
from datetime import date
from decimal import Decimal

import pytest

from billing.money import Money
from billing.statements.detect import read_statement
from billing.statements.entries import BadStatement
from billing.statements.values import currencies_in, read_amount, read_date
from billing.tests.statements.support import read, sample, summary, table


def test_a_french_table_with_lines_before_it_continued_texts_totals_and_a_footer() -> None:
    statement = read("palmiers.csv")
    assert (statement.format, statement.currency, statement.account) == ("csv", "XAF", "10005000123710001234541")
    assert summary(statement) == [
        ("2026-11-02", "25000", "VIR RECU KAMGA JEAN PAUL MOTIF BA-7K3M- 2QXZ ABONNEMENT"),
        ("2026-11-02", "-5963", "FRAIS TENUE DE COMPTE"),
        ("2026-11-05", "50000", "VERSEMENT ESPECES NGONO M. ba 9hp4 trw8"),
        ("2026-11-12", "25000", "VIR RECU ETS FOTSO & FILS"),
        ("2026-11-12", "25000", "VIR RECU ETS FOTSO & FILS"),
        ("2026-11-30", "-300000", "TOTAL ENERGIES DISTRIBUTION VIR SALAIRES"),
    ]
    assert statement.entries[0].bank_ref == "FT26306A1"
    assert (statement.opening, statement.closing) == (Money(1_250_000, "XAF"), Money(1_069_037, "XAF"))
    assert statement.gap == Money(0, "XAF")
    assert statement.warnings == ()


def test_an_english_table_with_commas_that_begins_with_the_newest() -> None:
    statement = read("sahel.csv")
    assert (statement.currency, statement.account) == ("XOF", "SN08SN0100152000048500003035")
    assert summary(statement) == [
        ("2026-11-21", "100000", "TRANSFER FROM DIALLO AISSATOU, BA3WVN8CFD"),
        ("2026-11-20", "-500", "SMS ALERT FEE"),
        ("2026-11-18", "250000", 'TRANSFER FROM GROUPE SCOLAIRE "LES PALMIERS"'),
    ]
    assert (statement.opening, statement.closing) == (Money(531_000, "XOF"), Money(880_500, "XOF"))
    assert statement.gap == Money(0, "XOF")


def test_a_utf_16_table_with_tabs_and_a_column_that_says_which_way_money_went() -> None:
    assert summary(read("lagune.txt")) == [
        ("2026-11-21", "100000", "VIREMENT INSTANTANE KOUASSI YAO BA-5RTY-6WQD"),
        ("2026-11-22", "-75000", "RETRAIT CHEQUE 0004512"),
        ("2026-12-23", "50000", "REMISE CHEQUE TRAORÉ FANTA"),
    ]


def test_a_table_of_signed_amounts_with_the_currency_in_its_header() -> None:
    statement = read("atlas.csv")
    assert [entry.amount for entry in statement.entries] == [
        Money(-123_456, "EUR"),
        Money(3_811, "EUR"),
        Money(-1_906, "EUR"),
    ]
    assert statement.entries[1].counterparty_name == "Kamga Jean-Paul"
    assert statement.entries[1].counterparty_account == "FR7610278060410002067890125"
    assert statement.gap is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_accents_survive_every_encoding(encoding) -> None:
    content = table("21/11/2026;Éloïse Ngué;;25 000").decode().encode(encoding)
    assert read_statement(content, currency="XAF").entries[0].text == "Éloïse Ngué"


def test_utf_16_may_begin_with_the_larger_byte() -> None:
    content = codecs.BOM_UTF16_BE + table("21/11/2026;Éloïse Ngué;;25 000").decode().encode("utf-16-be")
    assert read_statement(content, currency="XAF").entries[0].text == "Éloïse Ngué"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_line_end_will_do(delimiter, newline) -> None:
    content = table("21/11/2026;Kamga;;25000").replace(b";", delimiter.encode()).replace(b"\n", newline.encode())
    assert summary(read_statement(content, currency="XAF")) == [("2026-11-21", "25000", "Kamga")]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("25 000", "25000"),
        ("25 000,00", "25000"),
        ("25\u00a0000", "25000"),
        ("25\u202f000,00", "25000"),
        ("25.000", "25000"),
        ("25,000.00", "25000"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234 567,8", "1234567.8"),
        ("1.234.567", "1234567"),
        ("1’234.50", "1234.50"),
        ("25000,5", "25000.5"),
        ("38,11", "38.11"),
        ("(500)", "-500"),
        ("500-", "-500"),
        ("- 500", "-500"),
        ("\u2212500", "-500"),
        ("+500", "500"),
        ("25 000 FCFA", "25000"),
        ("25 000 F CFA", "25000"),
        ("25000F", "25000"),
        ("XAF 25 000", "25000"),
        ("19,06 €", "19.06"),
        ("0,00", "0"),
        ("0", "0"),
    ],
)
def test_amounts_are_read_as_people_write_them(written, value) -> None:
    assert read_amount(written) == Decimal(value)


@pytest.mark.parametrize("written", ["", " ", "-", "FCFA"])
def test_an_empty_cell_is_no_amount(written) -> None:
    assert read_amount(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "abc",
        "25 00",
        "1.23.4",
        "1,2,3",
        "12.34,56.7",
        "1e5",
        "25 000 000 0",
        "--5",
        "-5-",
        "1.234,567.8",
        "٢٥",
        "9" * 16,
        "NaN",
        "25 000/12",
    ],
)
def test_what_is_no_amount_is_refused_not_guessed(written) -> None:
    with pytest.raises(BadStatement) as refused:
        read_amount(written)
    assert refused.value.code == "bad_amount"


@pytest.mark.parametrize(
    "written",
    [
        "21/11/2026",
        "21.11.26",
        "21-11-2026",
        "2026-11-21",
        "20261121",
        "2026/11/21",
        "21-NOV-26",
        "21 novembre 2026",
        "21 nov. 2026",
        "21/11/2026 10:22",
        "2026-11-21T10:22:00",
    ],
)
def test_dates_are_read_day_first(written) -> None:
    assert read_date(written) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("1 janv. 2026", 1),
        ("1-FÉV-26", 2),
        ("1 FEB 2026", 2),
        ("1 avril 2026", 4),
        ("1 juin 2026", 6),
        ("1-JUL-26", 7),
        ("1 juillet 2026", 7),
        ("1 août 2026", 8),
        ("1 DÉC. 2026", 12),
    ],
)
def test_months_are_known_in_french_and_english(written, month) -> None:
    assert read_date(written) == date(2026, month, 1)


@pytest.mark.parametrize(
    "written", ["", "11/21/2026", "31/02/2026", "2026", "21/11", "21/11/1926", "21/11/226", "demain", "00/00/0000"]
)
def test_what_is_no_date_is_refused(written) -> None:
    with pytest.raises(BadStatement) as refused:
        read_date(written)
    assert refused.value.code == "bad_date"


def test_fcfa_is_two_currencies_so_it_names_none() -> None:
    assert currencies_in("25 000 FCFA") == set()
    assert currencies_in("Montant XOF") == {"XOF"}


def refusal(content: bytes, **known) -> BadStatement:
    with pytest.raises(BadStatement) as refused:
        read_statement(content, **{"currency": "XAF"} | known)
    return refused.value


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("Date;Libellé;Débit", ("credit",)),
        ("Date;Libellé;Solde", ("amount",)),
        ("Libellé;Montant", ("date",)),
        ("Date;Montant", ("text",)),
        ("Libellé;Référence", ("date", "amount")),
    ],
)
def test_missing_columns_are_named(header, missing) -> None:
    problem = refusal(f"Relevé\n{header}\n1;2;3".encode())
    assert (problem.code, problem.columns, problem.line) == ("missing_columns", missing, 2)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("21/11/2026;Kamga;;vingt mille", "bad_amount"),
        ("21/11/2026;Kamga;;25 000,50", "bad_amount"),
        ("21/11/2026;Kamga;;", "bad_amount"),
        ("hier;Kamga;;25 000", "bad_date"),
        (";Kamga;;25 000", "bad_date"),
        ("21/11/2026;Kamga;;25 000;etc", "bad_line"),
        ('21/11/2026;"Kamga;;25 000', "bad_line"),
        ('21/11/2026;"Kamga" Jean;;25 000', "bad_line"),
    ],
)
def test_a_line_that_cannot_be_read_is_shown_with_its_number(line, code) -> None:
    problem = refusal(table("20/11/2026;Ngono;;50 000", "", line))
    assert (problem.code, problem.line) == (code, 4)
    assert problem.text


def test_line_numbers_count_the_lines_before_the_table_and_those_inside_cells() -> None:
    content = b"Banque\n\n" + table('20/11/2026;"deux\nlignes";;50 000', "21/11/2026;Kamga;;x")
    assert refusal(content).line == 6


def test_a_page_header_that_comes_again_is_passed_over() -> None:
    lines = ("20/11/2026;Ngono;;50 000", "Page 1/2;;;", "Date;Libellé;Débit;Crédit", "21/11/2026;Kamga;;25 000")
    assert len(read_statement(table(*lines), currency="XAF").entries) == 2


def test_a_payer_who_pays_the_balance_of_an_order_is_no_balance_line() -> None:
    lines = (
        "20/11/2026;SOLDE COMMANDE BA-7K3M-2QXZ;;50 000",
        "20/11/2026;Ngono;;1",
        "21/11/2026;TOTAL ENERGIES SA;;25 000",
    )
    assert len(read_statement(table(*lines), currency="XAF").entries) == 3


@pytest.mark.parametrize("balance_line", ["{};Solde {};;;{}", "{};Solde {};;{};"])
def test_a_balance_of_nothing_is_a_balance(balance_line) -> None:
    content = "\n".join(
        (
            "Date;Libellé;Débit;Crédit;Solde",
            balance_line.format("20/11/2026", "initial", "0"),
            "21/11/2026;Kamga;;25 000;",
            balance_line.format("30/11/2026", "final", "25 000"),
        )
    )
    statement = read_statement(content.encode(), currency="XAF")
    assert (statement.opening, statement.gap) == (Money(0, "XAF"), Money(0, "XAF"))


@pytest.mark.parametrize("debit", ["5 963", "-5 963", "(5 963)"])
def test_what_stands_under_debit_went_out_whether_signed_or_not(debit) -> None:
    assert read_statement(table(f"21/11/2026;Frais;{debit};"), currency="XAF").entries[0].amount == Money(-5_963, "XAF")


def test_an_absurd_sum_is_refused_before_it_meets_the_database() -> None:
    line = "21/11/2026;Kamga;;99 999 999 999 999"
    assert read_statement(table(line), currency="XAF").entries[0].amount.minor == 99_999_999_999_999
    assert refusal(table(line), currency="EUR").code == "bad_amount"


def test_a_line_that_moves_nothing_is_no_entry() -> None:
    assert read_statement(table("21/11/2026;Avis;0;0"), currency="XAF").entries == ()


def test_a_gap_between_balances_and_entries_is_a_warning() -> None:
    content = sample("palmiers.csv").replace(
        b"NGONO M. ba 9hp4 trw8;VE26309;;50\xa0000", b"NGONO M.;VE26309;;49\xa0000"
    )
    statement = read_statement(content)
    assert statement.gap == Money(1_000, "XAF")
    assert statement.warnings == ("unbalanced",)


def test_currencies_must_be_one_known_and_the_expected_one() -> None:
    line = "21/11/2026;Kamga;;25 000 {}"
    assert refusal(table(line.format("")), currency=None).code == "no_currency"
    assert refusal(table(line.format("EUR"))).code == "other_currency"
    assert refusal(table(line.format("EUR"), line.format("XAF")), currency=None).code == "mixed_currencies"
    devise = b"Date;Libelle;Montant;Devise\n21/11/2026;Kamga;25 000;MAD"
    assert refusal(devise, currency=None).code == "unknown_currency"


def test_columns_of_two_accounts_leave_the_statement_without_one() -> None:
    content = b"Compte;Date;Libelle;Montant\n371-1;21/11/2026;Kamga;25 000\n371-2;21/11/2026;Ngono;25 000"
    statement = read_statement(content, currency="XAF")
    assert statement.account == ""
    assert [entry.account for entry in statement.entries] == ["3711", "3712"]
