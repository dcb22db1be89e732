"""Exports open as text in a spreadsheet, and hold what the list shows."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from shared_apps.audit import selectors
from shared_apps.audit.models import AuditLog
from shared_apps.audit.tests.support import make_entry
from shared_apps.core.csv_export import csv_response, safe_cell
from shared_apps.organisations.current import Tenant


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_text_that_a_spreadsheet_would_calculate_gets_an_apostrophe(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("separator", [";", ",", "\t", "\n", "\r", "; ", ';"', ',\u00a0"'])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_no_cell_begins_with_a_formula_wherever_a_spreadsheet_splits(separator: str, sign: str, delimiter: str) -> None:
    """A French Excel splits at semicolons, an English one at commas, whatever the file was written with."""
    rows = [["Savon", f"x{separator}{sign}cmd|' /C calc'!A0"]]
    text = b"".join(csv_response(filename="a.csv", header=["a", "b"], rows=rows, delimiter=delimiter)).decode()
    cells = re.split(r"[;,\t\r\n]", text.removeprefix("\ufeff"))
    assert [cell for cell in cells if cell.lstrip(' \u00a0"').startswith(sign)] == []
    [_header, read] = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert read[0] == "Savon"
    assert read[1].replace("'", "") == rows[0][1].replace("'", "")


@pytest.mark.parametrize("value", ["Savon", "a=b", "", 12, -3, "'déjà", "un, deux; trois", '{"a": -1, "b": "x=1"}'])
def test_other_values_stay_as_they_are(value: object) -> None:
    assert safe_cell(value) == value


def test_a_file_says_its_encoding_and_is_a_download() -> None:
    response = csv_response(filename="a.csv", header=["Prénom"], rows=[['é;,"\n'], [None]])
    text = b"".join(response).decode()
    assert text.startswith('\ufeff"Prénom"\r\n')
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [["Prénom"], ['é;,"\n'], [""]]
    assert response["Content-Disposition"] == 'attachment; filename="a.csv"'


def rows_of(client: Client, query: str = "") -> list[list[str]]:
    response = client.get(f"/staff/audit/export/{query}", headers={"Accept-Language": "en"})
    text = b"".join(response).decode().removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text), delimiter=";"))[1:]


def test_the_export_holds_what_the_filter_finds_and_no_formula(tenant_client: Client) -> None:
    AuditLog.objects.all().delete()
    make_entry(actor_label="=HYPERLINK(1)", user_agent="@SUM(A1)", after={"name": "Thé; vert"})
    make_entry(actor_label="other@example.org", category="files")
    [row] = rows_of(tenant_client, "?category=catalogue")
    assert "'=HYPERLINK(1)" in row
    assert "'@SUM(A1)" in row
    assert '{"name": "Thé; vert"}' in row


def test_an_export_is_read_in_its_own_schema_though_the_request_is_over(tenant: Tenant, tenant_client: Client) -> None:
    """The body is read after the middleware has turned the connection back to the platform."""
    make_entry(actor_label="here@example.org")
    response = tenant_client.get("/staff/audit/export/")
    connection.set_schema_to_public()
    make_entry(actor_label="platform-secret@example.org")
    with translation.override("en"):
        text = b"".join(response).decode()
    assert "here@example.org" in text
    assert "platform-secret" not in text
    assert text.startswith('\ufeff"Date";"Catégorie"'), "the language of the request"
    assert connection.schema_name == "public", "the connection is as it was found"


def test_a_long_export_stops_and_says_so(tenant_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    AuditLog.objects.all().delete()
    for module in (selectors, __import__("shared_apps.audit.export", fromlist=["x"])):
        monkeypatch.setattr(module, "MOST_EXPORTED", 4)
    monkeypatch.setattr(selectors, "_EXPORT_CHUNK", 2)
    newest = [make_entry(resource_id=f"n{number}") for number in range(7)][-4:]
    rows = rows_of(tenant_client)
    assert [row[8] for row in rows[:4]] == [entry.resource_id for entry in reversed(newest)]
    assert len(rows) == 5
    assert "4" in rows[4][0]
    assert len(rows_of(tenant_client, "?resource=n1")) == 1
