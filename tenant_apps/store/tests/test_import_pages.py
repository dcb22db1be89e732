"""The pages of a catalogue import, as staff use them."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape
from openpyxl import load_workbook

from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store import views
from tenant_apps.store.models import CatalogueImport, Product
from tenant_apps.store.rules import table_files
from tenant_apps.store.services.import_work import work_on
from tenant_apps.store.tests.import_support import apply, csv_file, kinds_of, read, xlsx_file
from tenant_apps.store.tests.support import make_product
from tenant_apps.team.tests.support import BACKEND, make_member, make_role, photo_bytes
from tests.support.queries import queries_of
from tests.support.tenants import Browser

IMPORT = "/staff/products/import/"
GOOD = csv_file(("Nom", "Prix"), ("Robe", "9000"), ("Sac", "cher"))


def post(owner: Browser, content: bytes, name: str = "catalogue.csv", **more: Any) -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return owner.post(IMPORT, {"key": str(uuid.uuid4()), "file": file, **more})


def zip_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, "x")
    return out.getvalue()


def html(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize(("language", "words"), [("fr", "Ligne 3"), ("en", "Row 3")])
def test_a_file_goes_from_sending_to_the_result(tenant: Tenant, owner: Browser, language: str, words: str) -> None:
    owner.cookies["language"] = language
    address = post(owner, GOOD)["Location"]
    page = html(owner.get(address))
    assert ('http-equiv="refresh"' in page, 'hx-trigger="every 2s"' in page) == (True, True)
    assert owner.get(f"{address}progress/").status_code == 200
    batch = CatalogueImport.objects.get()
    work_on(batch_id=batch.pk)
    done = owner.get(f"{address}progress/")
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")
    page = html(owner.get(address))
    assert "cher" in page
    assert 'http-equiv="refresh"' not in page
    assert not Product.objects.exists()
    owner.post(f"{address}apply/")
    owner.post(f"{address}apply/")
    assert 'data-state="applying"' in html(owner.get(address))
    work_on(batch_id=batch.pk)
    assert owner.get(address).status_code == 200
    assert [product.name for product in Product.objects.all()] == ["Robe"]


def test_prices_are_shown_as_everywhere_else(tenant: Tenant, owner: Browser) -> None:
    make_product("Robe", price_minor=25_000)
    batch = read(csv_file(("Nom", "Prix", "Référence"), ("Robe", "27500", "25000"), ("Sac", "1500", "")))
    page = html(owner.get(f"{IMPORT}{batch.pk}/")).replace("\u202f", " ").replace("\xa0", " ")
    assert "<del>25 000 FCFA</del>" in page
    assert "<ins>27 500 FCFA</ins>" in page
    assert "<dd>1 500 FCFA</dd>" in page
    assert "<ins>25000</ins>" in page  # a reference is no price


def test_saving_nothing_saves_nothing(tenant: Tenant, owner: Browser) -> None:
    batch = read(GOOD)
    response = owner.post(f"{IMPORT}{batch.pk}/drop/")
    assert response["Location"] == IMPORT
    batch.refresh_from_db()
    assert (batch.status, Product.objects.exists()) == ("dropped", False)
    assert owner.post(f"{IMPORT}{batch.pk}/apply/").status_code == 302
    batch.refresh_from_db()
    assert batch.status == "dropped"


BAD = {
    "nothing": b"", "a picture": b"\x89PNG\r\n\x1a\n\x00\x00", "NUL bytes": b"Nom\x00;Prix", "no columns": b"a;b\n1;2\n",
    "large": b"a" * (table_files.MAX_BYTES + 1), "an old workbook": b"\xd0\xcf\x11\xe0" + b"\x00" * 99,
}  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_bad_files_are_told_beside_the_field_or_on_their_page(
    tenant: Tenant, owner: Browser, content: bytes, language: str
) -> None:
    owner.cookies["language"] = language
    response = post(owner, content, name="été\x07.csv")
    if response.status_code == 422:
        assert set(response.context["form"].errors) == {"file"}
        assert not CatalogueImport.objects.exists()
        return
    batch = CatalogueImport.objects.get()
    work_on(batch_id=batch.pk)
    batch.refresh_from_db()
    page = html(owner.get(response["Location"]))
    assert batch.status == "failed"
    assert batch.problem
    assert "alert-danger" in page


OTHERS = {
    "a PDF": b"%PDF-1.7\n1 0 obj", "a JPEG": photo_bytes(), "a PNG": photo_bytes(kind="PNG"), "a page": b"<!DOCTYPE html><p>Nom", "a page with a mark": b"\xef\xbb\xbf<html><p>Nom",
    "an old workbook": b"\xd0\xcf\x11\xe0" + b"\x00" * 99, "a ZIP of something else": zip_of("word/document.xml"),
}  # fmt: skip


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_no_table_is_refused_at_once_whatever_its_name(tenant: Tenant, owner: Browser, content: bytes) -> None:
    for name in ("catalogue.csv", "catalogue.xlsx"):
        response = post(owner, content, name=name)
        assert response.status_code == 422
        [told] = response.context["form"].errors["file"]
        assert "Excel" in told
    assert not CatalogueImport.objects.exists()


def test_tables_are_taken_whatever_their_name(tenant: Tenant, owner: Browser) -> None:
    rows = (("Nom", "Prix"), ("Robe", "9000"))
    for content in (csv_file(*rows), csv_file(*rows, encoding="utf-16"), xlsx_file(*rows)):
        assert post(owner, content, name="photo.pdf").status_code == 302
        CatalogueImport.objects.all().delete()  # one at a time


def test_the_plans_limit_is_told_before_and_after_in_the_same_numbers(
    tenant: Tenant, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = read(csv_file(("Nom", "Prix"), *((f"P{number}", "500") for number in range(1200)), ("Sac", "cher")))
    address = f"{IMPORT}{batch.pk}/"
    page = html(owner.get(address))
    assert (saved_by(page), "sticky-action" in page) == (["1200"], True)
    monkeypatch.setattr(views.imports, "_room", lambda: 0)
    assert f"{address}apply/" not in html(owner.get(address))
    monkeypatch.setattr(views.imports, "_room", lambda: 2)
    page = html(owner.get(address))
    assert saved_by(page) == ["2", "1200"]
    assert "1\u202f198" in page
    # The warning stands before the buttons, which do not cover it.
    assert page.index("alert-warning") < page.index("import-decision")
    assert "sticky-action" not in page
    connection.set_tenant(replace(tenant, quotas=(("products", 2),)))
    apply(batch)
    page = html(owner.get(address))
    assert re.findall(r"<dd>([0-9\u202f]+)</dd></div>", page)[:4] == ["2", "0", "0", "1\u202f199"]
    [why] = {item.problems[0]["text"] for item in batch.items.filter(state="refused")}
    assert page.count(escape(why)) == 1
    assert "1\u202f198" in page  # of so many it is said
    lines = b"".join(owner.get(f"{address}to-correct.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert (len(lines), sum(why in line for line in lines)) == (1 + 1199, 1198)


@pytest.mark.parametrize(
    ("head", "counts_stock", "stays"),
    [
        (("Nom", "Prix"), True, True),
        (("Nom", "Prix", "Truc"), True, False),
        (("Nom", "Prix", "Pièces en stock"), True, True),
        (("Nom", "Prix", "Pièces en stock"), False, False),
    ],
)
def test_the_buttons_stay_in_sight_only_where_nothing_is_to_be_read_first(
    tenant: Tenant, owner: Browser, head: tuple[str, ...], counts_stock: bool, stays: bool
) -> None:
    batch = read(csv_file(head, ("Robe", "9000", "3")[: len(head)]), counts_stock=counts_stock)
    page = html(owner.get(f"{IMPORT}{batch.pk}/"))
    assert ("sticky-action" in page, "alert-warning" in page, "import-decision" in page) == (stays, not stays, True)


def saved_by(page: str) -> list[str]:
    """The numbers on the button that has a file applied."""
    [form] = re.findall(r'<form method="post" action="[^"]*/apply/">.*?</form>', page, re.DOTALL)
    text = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", form, flags=re.DOTALL).replace("\u202f", "")
    return re.findall(r"[0-9]+", text)


def test_numbers_have_their_thousands_apart(tenant: Tenant, owner: Browser) -> None:
    batch = read(csv_file(("Nom", "Prix"), *((f"P{number}", "500") for number in range(1200))))
    page = html(owner.get(f"{IMPORT}{batch.pk}/"))
    assert "1200" not in page
    assert page.count("1\u202f200") == 3  # rows, tile, button
    owner.post(f"{IMPORT}{batch.pk}/apply/")
    assert "1\u202f200" in html(owner.get(f"{IMPORT}{batch.pk}/progress/"))


def test_without_a_file_the_field_says_so(tenant: Tenant, owner: Browser) -> None:
    response = owner.post(IMPORT, {"key": "junk"})
    assert response.status_code == 422
    assert "file" in response.context["form"].errors


def test_a_form_sent_twice_makes_one_import(tenant: Tenant, owner: Browser) -> None:
    key = str(uuid.uuid4())
    first, second = post(owner, GOOD, key=key), post(owner, GOOD, key=key)
    assert first["Location"] == second["Location"]
    assert CatalogueImport.objects.count() == 1


def test_the_rows_to_correct_come_back_as_a_file_that_is_understood(tenant: Tenant, owner: Browser) -> None:
    batch = read(csv_file(("Nom", "Prix", "Couleur"), ("Robe", "9000", "x"), ("Sac", "cher", "y"), ("Savon", "-1", "")))
    content = b"".join(owner.get(f"{IMPORT}{batch.pk}/to-correct.csv").streaming_content)
    lines = content.decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in lines] == ['"Nom"', '"Sac"', '"Savon"']
    book = load_workbook(io.BytesIO(b"".join(owner.get(f"{IMPORT}{batch.pk}/to-correct.xlsx").streaming_content)))
    assert [cell.value for cell in book.active["A"]] == ["Nom", "Sac", "Savon"]
    assert all(book.active["C"][row].value for row in (1, 2))
    again = read(content.replace(b'"cher"', b'"8000"').replace(b"-1", b"500"))
    assert kinds_of(again) == ["new", "new"]


def test_exports_are_files_of_all_products(tenant: Tenant, owner: Browser) -> None:
    make_product("Robe", price_minor=12500)
    csv_answer, xlsx = owner.get("/staff/products/export.csv"), owner.get("/staff/products/export.xlsx")
    text = b"".join(csv_answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    assert '"12500"' in text
    sheet = load_workbook(io.BytesIO(b"".join(xlsx.streaming_content))).active
    assert (sheet["B2"].value, sheet["Q2"].value) == ("Robe", 12500)
    assert owner.get("/staff/products/export.pdf").status_code == 404


def test_only_people_who_change_products_come_in(tenant: Tenant) -> None:
    batch = read(GOOD)
    browser = Browser(tenant)
    browser.force_login(make_member(make_role("store.view_products")).user, backend=BACKEND)
    for path in ("", f"{batch.pk}/", f"{batch.pk}/progress/", f"{batch.pk}/to-correct.csv", "../export.csv"):
        assert browser.get(f"{IMPORT}{path}".replace("import/../", "")).status_code == 403
    assert browser.post(f"{IMPORT}{batch.pk}/apply/").status_code == 403
    batch.refresh_from_db()
    assert batch.status == "ready"


def test_a_page_costs_the_same_however_long_the_file(tenant: Tenant, owner: Browser) -> None:
    few = read(csv_file(("Nom", "Prix"), ("Robe", "9000"), ("Sac", "x")))
    owner.get(IMPORT)  # what a process reads once is read
    costs = queries_of(owner, f"{IMPORT}{few.pk}/")
    many = read(csv_file(("Nom", "Prix"), *((f"R{n}", "9000" if n % 2 else "x") for n in range(120))))
    assert queries_of(owner, f"{IMPORT}{many.pk}/") == costs
    assert owner.get(f"{IMPORT}{many.pk}/?page=2").status_code == 200
    assert owner.get(f"{IMPORT}{many.pk}/?page=zzz").status_code == 200
    assert owner.get(f"{IMPORT}{uuid.uuid4()}/").status_code == 404
