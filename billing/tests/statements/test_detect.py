"""Whatever is uploaded, the answer is a statement or a reason; and reading twice never doubles or drops money."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.statements import csv, detect, entries
from billing.statements.detect import MAX_BYTES, read_statement
from billing.statements.entries import BadStatement, Statement
from billing.tests.statements.support import SAMPLES, read, sample, table

NAMES = sorted(path.name for path in SAMPLES.iterdir())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"x" * (MAX_BYTES + 1), "too_big"),
        (b"PK\x03\x04\x14\x00", "excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "excel"),
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unknown_format"),
        (b"Bonjour,\nvoici le releve.", "unknown_format"),
    ],
)
def test_what_is_no_statement_is_refused_by_name(content, code) -> None:
    with pytest.raises(BadStatement) as refused:
        read_statement(content, currency="XAF")
    assert refused.value.code == code


def read_or_refuse(content: bytes) -> None:
    """Raises whatever `read_statement` raises that is no BadStatement, or what cannot be stored."""
    try:
        statement = read_statement(content, currency="XAF")
    except BadStatement as problem:
        problem.text.encode()
        return
    assert isinstance(statement, Statement)
    keys = [entry.dedupe_key for entry in statement.entries]
    assert len(keys) == len(set(keys))
    for entry in statement.entries:
        written = "".join(
            (entry.text, entry.counterparty_name, entry.bank_ref, entry.account, entry.counterparty_account)
        )
        written.encode()
        assert "\x00" not in written
        assert abs(entry.amount.minor) <= entries.MAX_MINOR


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_it_crash(content) -> None:
    read_or_refuse(content)


@settings(max_examples=600, deadline=None)
@given(name=st.sampled_from(NAMES), at=st.floats(0, 1), cut=st.integers(0, 30), put=st.binary(max_size=12))
def test_no_damage_to_a_statement_makes_it_crash(name, at, cut, put) -> None:
    content = sample(name)
    start = int(at * len(content))
    read_or_refuse(content[:start] + put + content[start + cut :])


CELLS = st.sampled_from(
    ["21/11/2026", "25 000", "(5)", "-", "Solde", "TOTAL", '"', "Kamga", "XAF", "", "1e9", "\x00", "٣", "٣/١١/٢٠٢٦"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=5).map(";".join), max_size=8))
def test_no_table_makes_it_crash(lines) -> None:
    read_or_refuse(table(*lines))


MOVED = st.text("0123456789CDRXAF,/\nNTRF :?+-", max_size=40)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["20", "25", "60F", "61", "86", "62F", "NS", "13D", "34F"]), MOVED), max_size=6)
)
def test_no_swift_fields_make_it_crash(fields) -> None:
    read_or_refuse(b":20:A\n:60F:C261120XAF0,\n" + "\n".join(f":{tag}:{text}" for tag, text in fields).encode())


def test_too_many_entries_are_refused_in_every_format(monkeypatch) -> None:
    for module in (entries, csv, detect.read_mt940.__globals__, detect.read_camt.__globals__):
        if isinstance(module, dict):
            monkeypatch.setitem(module, "MAX_ENTRIES", 1)
        else:
            monkeypatch.setattr(module, "MAX_ENTRIES", 1)
    for name in ("palmiers.csv", "palmiers.sta", "palmiers-02.xml"):
        with pytest.raises(BadStatement) as refused:
            read(name)
        assert refused.value.code == "too_many_entries"


def keys(*lines: str, **known) -> list[str]:
    return [entry.dedupe_key for entry in read_statement(table(*lines), currency="XAF", **known).entries]


KAMGA, NGONO, FOTSO = "20/11/2026;Kamga;;25 000", "21/11/2026;Ngono;;25 000", "22/11/2026;Fotso;;25 000"


def test_two_equal_transfers_of_a_day_are_two() -> None:
    assert len(set(keys(KAMGA, KAMGA))) == 2


def test_overlapping_statements_share_the_keys_of_what_both_hold() -> None:
    first, second = keys(KAMGA, NGONO, NGONO), keys(NGONO, NGONO, FOTSO)
    assert first[1:] == second[:2]
    assert len({*first, *second}) == 4


def test_the_order_the_case_the_accents_and_the_spaces_of_an_export_do_not_matter() -> None:
    again = keys("21/11/2026;NGONO ;;25000", "2026-11-20;Kâmga;;25 000,00")
    assert again == list(reversed(keys(KAMGA, NGONO)))


def test_two_payers_of_one_batch_reference_are_two_whichever_comes_first() -> None:
    head = b"Date;Libelle;Reference;Montant\n"
    kamga, ngono = b"21/11/2026;Kamga;LOT1;25000\n", b"21/11/2026;Ngono;LOT1;25000\n"
    alone = read_statement(head + kamga, currency="XAF").entries[0]
    both = read_statement(head + ngono + kamga, currency="XAF").entries
    assert [entry.dedupe_key == alone.dedupe_key for entry in both] == [False, True]


def test_the_same_movement_on_two_accounts_is_two() -> None:
    assert keys(KAMGA, account="CM21 1") != keys(KAMGA, account="CM21 2")
    assert keys(KAMGA, account="CM21 1") == keys(KAMGA, account="cm211")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_read_again_gives_the_same_keys(name) -> None:
    assert read(name) == read(name)
