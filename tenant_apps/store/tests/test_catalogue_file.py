"""Reading the files that people send, whatever they are."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.core.csv_export import safe_cell
from shared_apps.core.errors import DomainError
from tenant_apps.store.rules import table_files
from tenant_apps.store.rules.catalogue_cells import guarded, read_cell, unguarded, written_pairs
from tenant_apps.store.rules.catalogue_columns import COLUMNS, WORDS, read_heading, value_said, word_for
from tenant_apps.store.rules.catalogue_rows import grouped, typed_product
from tenant_apps.store.rules.table_files import BadTable, read_table
from tenant_apps.store.tests.import_support import csv_file, xlsx_file


def table(content: bytes) -> list[tuple[int, list[str]]]:
    return list(read_table(content))


naive = datetime.fromisoformat  # as a workbook has it
HEAD, ROW = ["Référence", "Nom"], ["É1", "Café “moulu”; 250 g"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_files_of_every_spreadsheet_are_read(delimiter: str, encoding: str) -> None:
    assert table(csv_file(HEAD, ROW, delimiter=delimiter, encoding=encoding)) == [(1, HEAD), (2, ROW)]


def test_rows_keep_their_numbers_where_others_are_empty() -> None:
    content = b"sep=;\r\nNom;Prix\r\n;\r\n\r\nSavon;500;;\r\n"
    assert table(content) == [(2, ["Nom", "Prix"]), (5, ["Savon", "500"])]


def test_a_workbook_gives_texts_as_people_typed_them() -> None:
    values = [
        6001234567890,
        19.9,
        12500.0,
        naive("2026-12-01"),
        naive("2026-12-01T08:30"),
        date(2026, 12, 1),
        True,
        None,
        "  x ",
    ]
    texts = ["6001234567890", "19.9", "12500", "2026-12-01", "2026-12-01 08:30", "2026-12-01", "1", "", "x"]
    assert table(xlsx_file(values)) == [(1, texts)]


def test_merged_and_empty_rows_of_a_workbook_are_left_out() -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["Nom", "Options"])
    book.active["A3"], book.active["B3"], book.active["B4"] = "Robe", "Taille=M", "Taille=L"
    book.active.merge_cells("A3:A4")
    out = io.BytesIO()
    book.save(out)
    rows = table(out.getvalue())
    assert rows == [(1, ["Nom", "Options"]), (3, ["Robe", "Taille=M"]), (4, ["", "Taille=L"])]
    groups = grouped(rows[1:], read_heading(rows[0][1]))
    assert [[row["row"] for row in group] for group in groups] == [[3, 4]]


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 10_000_000)
    return out.getvalue()


def _no_workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    return out.getvalue()


BAD = {
    "empty": (b"", "empty"),
    "blank": (b"\r\n;;\r\n", "empty"),
    "nothing but a mark": (b"\xef\xbb\xbf", "empty"),
    "NUL bytes": (b"Nom;Prix\r\nSav\x00on;500\r\n", "not_a_table"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_a_table"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old_excel"),
    "a broken workbook": (xlsx_file(HEAD)[:-200], "not_a_table"),
    "another ZIP": (_no_workbook(), "not_a_table"),
    "a bomb": (_bomb(), "too_big"),
    "too many columns": (csv_file([f"c{number}" for number in range(10_000)]), "too_many_columns"),
    "too many columns in a workbook": (xlsx_file([f"c{number}" for number in range(300)]), "too_many_columns"),
    "too many rows": (csv_file(*([["a"]] * 10_002)), "too_many_rows"),
    "too large": (b"a" * (table_files.MAX_BYTES + 1), "too_big"),
    "a text far too long": (csv_file(["a" * 40_000]), "cell_too_long"),
    "a text beyond what a reader takes": (csv_file(["a" * 200_000]), "not_a_table"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), BAD.values(), ids=BAD.keys())
def test_a_file_that_cannot_be_taken_is_told_calmly(content: bytes, code: str) -> None:
    with pytest.raises(BadTable) as error:
        table(content)
    assert error.value.code == code


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"Nom;Prix\n", b"\xff\xfe"):
        with suppress(BadTable):
            table(start + content)


def test_headings_are_understood_in_both_languages_whatever_accents_and_case() -> None:
    for column in COLUMNS:
        for heading in (column.english, column.french, column.key, column.french.upper(), *column.others):
            assert column.key in read_heading(["Nom" if column.key != "name" else "Prix", heading]).keys.values()
    heading = read_heading(["NOM", "Prix", "Couleur préférée", "", "reference"])
    assert (dict(heading.keys), heading.unknown) == ({0: "name", 1: "price", 4: "sku"}, ("Couleur préférée",))


@pytest.mark.parametrize(
    ("cells", "code"),
    [(["Prix", "Stock"], "no_columns"), (["Nom", "Product"], "column_twice"), (["12", "13"], "no_columns")],
)
def test_a_row_that_names_no_columns_is_told(cells: list[str], code: str) -> None:
    with pytest.raises(BadTable) as error:
        read_heading(cells)
    assert error.value.code == code


def test_every_word_that_is_written_is_read_in_both_languages() -> None:
    for column, words in WORDS.items():
        for value in words:
            for language in ("fr", "en"):
                with translation.override(language):
                    assert value_said(column, word_for(column, value)) == value


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("12 500", 12500),
        ("12\u202f500,00 F CFA", 12500),
        ("12500.0", 12500),
        ("12500 XAF", 12500),
        ("", None),
        ("'12500", 12500),
    ],
)
def test_prices_are_read_as_people_type_them(typed: str, minor: int | None) -> None:
    assert read_cell("price", typed, currency="XAF") == minor


BAD_CELLS = [
    ("price", "douze"), ("price", "12,5"), ("price", "-5"), ("price", "12.500"), ("price", "12,500"), ("price", "#N/A"),
    ("price", "9" * 20), ("stock", "1,5"), ("stock", "-3"), ("stock", "beaucoup"), ("stock", "1000001"), ("status", "peut-être"),
    ("supply", "oui"), ("badges", "Nouveau; Inconnu"), ("promo_ends_at", "31/02/2026"), ("promo_ends_at", "demain"),
    ("preorder_from", "01/01/1900"), ("name", "x" * 121), ("sku", "6,00123E+12"), ("barcode", "6.00123e12"),
    ("options", "Taille"), ("options", "Taille="), ("specifications", "=Coton"), ("options", f"Taille={'x' * 41}"),
    ("promo_starts_at", "2026-01-01 25:00"), ("is_active", "bof"), ("description", "x" * 5001), ("meta_title", "#REF!"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "typed"), BAD_CELLS)
def test_what_cannot_be_meant_is_told_with_the_way_out(column: str, typed: str) -> None:
    with pytest.raises(DomainError) as error:
        read_cell(column, typed, currency="XAF")
    assert str(error.value)


def test_an_amount_with_three_digits_behind_the_point_is_not_guessed() -> None:
    for currency in ("XAF", "EUR"):
        with pytest.raises(DomainError) as error:
            read_cell("price", "12.500", currency=currency)
        assert error.value.code == "price_ambiguous"
    assert read_cell("price", "19,90 €", currency="EUR") == 1990


def test_days_are_read_the_french_way_and_end_with_the_day() -> None:
    aware = timezone.make_aware
    assert read_cell("promo_starts_at", "01/12/2026", currency="XAF") == aware(naive("2026-12-01"))
    assert read_cell("promo_ends_at", "2026-12-01", currency="XAF") == aware(naive("2026-12-01T23:59"))
    assert read_cell("promo_ends_at", "1/12/2026 18:30", currency="XAF") == aware(naive("2026-12-01T18:30"))
    assert read_cell("promo_ends_at", "2026-12-01 00:00", currency="XAF") == aware(naive("2026-12-01"))
    assert read_cell("preorder_from", "1.12.2026", currency="XAF") == date(2026, 12, 1)


TEXTS = st.text(alphabet=st.sampled_from(list("a;=:\\ é>'-+@,\n\"")), max_size=12)


@given(TEXTS)
def test_what_guards_a_text_is_taken_away_again(text: str) -> None:
    text = text.strip()
    assert unguarded(safe_cell(guarded(text))) == text


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=3))
def test_pairs_are_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    lines = [(" ".join(name.split()), " ".join(value.split())) for name, value in pairs]
    lines = [(name, value) for name, value in lines if name and value]
    assert read_cell("options", safe_cell(guarded(written_pairs(lines))), currency="XAF") == tuple(lines)


def test_rows_of_one_address_or_name_are_one_product() -> None:
    rows = [
        (2, ["robe", "Robe", "Taille=S"]), (3, ["", "Sac", ""]), (4, ["", "robe", "Taille=M"]), (5, ["", "", "Taille=L"]),
        (6, ["ROBE", "", "Taille=XL"]),
    ]  # fmt: skip
    groups = grouped(rows, read_heading(["slug", "name", "options"]))
    assert [[row["row"] for row in group] for group in groups] == [[2, 4, 5, 6], [3]]
    product = typed_product(groups[0], currency="XAF")
    assert [(one.row, one.column, one.typed) for one in product.problems] == [(4, "name", "robe")]


def test_two_rows_of_a_product_that_disagree_are_told() -> None:
    rows = [(2, ["Robe", "Chanel"]), (3, ["Robe", ""]), (4, ["Robe", "Dior"])]
    [group] = grouped(rows, read_heading(["name", "brand"]))
    product = typed_product(group, currency="XAF")
    assert product.values["brand"] == "Chanel"
    assert [(one.row, one.column, one.typed) for one in product.problems] == [(4, "brand", "Dior")]


def test_a_row_without_a_name_that_says_something_else_is_told_what_it_lacks() -> None:
    rows = [(2, ["Robe", "Chanel", "Taille=S"]), (3, ["", "Dior", "Taille=M"])]
    [group] = grouped(rows, read_heading(["name", "brand", "options"]))
    with translation.override("en"):
        [problem] = typed_product(group, currency="XAF").problems
    assert (problem.row, problem.column) == (3, "brand")
    assert problem.text.startswith("This row has no name, so it counts for the product of row 2")


def test_amounts_are_decimal_numbers_and_never_floats() -> None:
    from tenant_apps.store.rules.catalogue_cells import _written_amount

    assert _written_amount(12500, "XAF") == Decimal("12500")
    assert _written_amount(1990, "EUR") == Decimal("19.90")
