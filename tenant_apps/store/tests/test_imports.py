"""Catalogue imports: what a file would change, and what it changes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store import services
from tenant_apps.store.models import (
    Brand,
    CatalogueImport,
    Category,
    ImportedProduct,
    Location,
    Movement,
    Product,
    StockLevel,
    Variant,
)
from tenant_apps.store.presenting import catalogue_file as files
from tenant_apps.store.presenting.downloads import table_response
from tenant_apps.store.selectors import imports as selectors
from tenant_apps.store.services import ShelfDetails, VariantDetails, import_applying, imports, stock
from tenant_apps.store.services.import_work import work_on
from tenant_apps.store.tests.import_support import (
    apply,
    bring_in,
    csv_file,
    kinds_of,
    problems_of,
    read,
    send,
    xlsx_file,
)
from tenant_apps.store.tests.support import levels_of, make_product, make_variants
from tests.support.tenants import ready_tenant

NEW = ("Nom", "Prix", "Rayon", "Marque", "Pièces en stock")


def exported(kind: str = "csv") -> bytes:
    rows = [files.headings(), *files.rows_of("XAF")]
    response: Any = table_response(name="x", kind=kind, header=rows[0], rows=iter(rows[1:]))
    return b"".join(response.streaming_content)


def a_catalogue() -> None:
    """Products with everything there is, also what is hard to write in a cell."""
    top = services.add_shelf(details=ShelfDetails("Mode"))
    shelf = services.add_shelf(details=ShelfDetails("Robes > longues", parent_id=top.pk))
    now = timezone.now()
    shirt = make_product(
        "Chemise", brand="Ndolo", category_id=shelf.pk, summary="=1+1", description="Une ligne\r\n-5 %; l'autre,@x",
        supply="stock", badges=("new", "pro"), option_names=("Taille", "Couleur"),
        specifications=(("Matière", "Coton; lin=50"), ("Mémoire\\", "64 Go")), meta_title="+T", meta_description="M",
        variants=(
            VariantDetails(9000, options=("M", "Bleu"), promo_minor=7500, promo_starts_at=now, sku="C-1", barcode="0060"),
            VariantDetails(9500, options=("L", "Bleu;nuit"), cost_minor=4000, low_stock_at=2, is_active=False, sku="-2"),
        ),
    )  # fmt: skip
    make_product("Chemise", publish=False, supply="preorder", preorder_from=timezone.localdate())
    make_product("Savon “noir”", price_minor=500, supply="none")
    stock.receive_all(
        location=Location.objects.get(), pieces=dict.fromkeys(shirt.variants.values_list("pk", flat=True), 7)
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_export_comes_back_in_with_nothing_changed(tenant: Tenant, kind: str, language: str) -> None:
    a_catalogue()
    with translation.override(language):
        content = exported(kind)
    batch = read(content)
    assert (problems_of(batch), batch.problem, batch.unknown) == ([], "", [])
    assert [item.changes for item in ImportedProduct.objects.all()] == [[], [], []]
    assert kinds_of(batch) == ["unchanged", "unchanged", "unchanged"]
    with pytest.raises(Conflict) as error:
        imports.confirm_import(batch=batch, by=batch.created_by, counts_stock=True)
    assert error.value.code == "nothing_to_apply"


def test_an_export_brought_into_an_empty_shop_makes_the_same_products(tenant: Tenant) -> None:
    a_catalogue()
    content = exported()
    connection.set_tenant(ready_tenant("store-b"))
    apply(read(content))
    assert exported() == content


def test_new_products_are_made_with_all_that_was_typed(tenant: Tenant) -> None:
    batch = bring_in(
        (*NEW, "Options", "Référence", "Statut", "Caractéristiques", "Badges"),
        ("Robe", "12 500 F CFA", "Mode > Robes", "Ndolo", 3, "Taille=M", "R-M", "", "Matière=Coton", "Nouveau"),
        ("", "13 000", "", "", 4, "Taille=L", "R-L", "", "", ""),
        ("Savon", "500", "", "", "", "", "", "brouillon", "", ""),
    )
    assert (batch.status, problems_of(batch)) == ("applied", [])
    assert (batch.new_shelves, batch.new_brands) == (["Mode > Robes"], ["Ndolo"])
    robe, soap = Product.objects.order_by("pk")
    assert (robe.slug, robe.status, robe.supply, robe.badges, robe.is_available) == (
        "robe",
        "published",
        "stock",
        ["new"],
        True,
    )
    assert (robe.category.name, robe.category.parent.name, robe.brand.name) == ("Robes", "Mode", "Ndolo")
    assert [(one.name, one.price_minor, one.sku) for one in robe.variants.all()] == [
        ("M", 12500, "R-M"),
        ("L", 13000, "R-L"),
    ]
    assert [levels_of(one) for one in robe.variants.all()] == [[(3, 0, 0)], [(4, 0, 0)]]
    assert (soap.status, soap.supply, soap.price_from_minor, soap.published_at) == ("draft", "always", 500, None)
    movement = Movement.objects.earliest("pk")
    assert (movement.reference, movement.actor_id) == ("Import\u00a0: catalogue.csv", batch.confirmed_by_id)
    assert AuditLog.objects.filter(action="store.product.created").count() == 2
    applied = AuditLog.objects.get(action="store.import.applied")
    assert (applied.after["products"], applied.after["refused"]) == (2, 0)


def test_the_dry_run_says_what_is_new_changed_as_it_is_and_wrong_and_changes_nothing(tenant: Tenant) -> None:
    make_variants(5, "Chemise", sku="C-1", supply="stock")
    make_product("Savon", price_minor=500)
    before = list(Product.objects.values())
    batch = read(csv_file(
        ("Nom", "Référence", "Prix", "Pièces en stock"),
        ("Chemise", "C-1", "16000", 8), ("Savon", "", "500", ""), ("Robe", "", "9000", 2), ("Sac", "", "cher", ""),
    ))  # fmt: skip
    assert (batch.status, kinds_of(batch)) == ("ready", ["changed", "unchanged", "new", "wrong"])
    changes = ImportedProduct.objects.get(position=0).changes
    assert [(one["column"], one["before"], one["after"]) for one in changes] == [
        ("price", "15000", "16000"),
        ("stock", "5", "8"),
    ]
    [(row, column, text)] = problems_of(batch)
    assert (row, column) == (5, "price")
    assert text
    assert list(Product.objects.values()) == before
    assert Movement.objects.count() == 1


def test_a_changed_product_keeps_what_the_file_does_not_say(tenant: Tenant) -> None:
    a_catalogue()
    before = Product.objects.earliest("pk")
    bring_in(("Référence", "Prix", "Prix promo", "Pièces en stock"), ("c-1", "9 900", "", "9"))
    product = Product.objects.get(pk=before.pk)
    first, second = product.variants.order_by("position")
    assert (first.price_minor, first.promo_minor, first.promo_starts_at, first.barcode) == (9900, None, None, "0060")
    assert (second.price_minor, second.cost_minor, second.is_active, levels_of(second)) == (
        9500,
        4000,
        False,
        [(7, 0, 0)],
    )
    assert levels_of(first) == [(9, 0, 0)]
    assert (product.name, product.summary, product.badges, product.status) == (
        "Chemise",
        "=1+1",
        ["new", "pro"],
        "published",
    )
    assert product.specifications.count() == 2
    entry = AuditLog.objects.get(action="store.product.changed")
    assert (entry.before["variants"][0]["price_minor"], entry.after["variants"][0]["price_minor"]) == (9000, 9900)


WRONG = {
    "no price": (("Nom", "Prix"), [("Robe", "")], [(2, "price")]),
    "no name": (("Nom", "Référence", "Prix"), [("", "X-1", "5")], [(2, "name")]),
    "the same reference twice": (("Nom", "Référence", "Prix"), [("A", "X", "5"), ("B", "x", "5")], [(3, "sku")]),
    "a reference another product has": (("Nom", "Référence", "Prix", "Adresse du produit"), [("B", "c-1", "5", "b")], [(2, "sku")]),
    "a promotion above the price": (("Nom", "Prix", "Prix promo"), [("B", "500", "600")], [(2, "promo")]),
    "two rows without options": (("Nom", "Prix"), [("B", "500"), ("B", "600")], [(3, "options")]),
    "the same options twice": (("Nom", "Prix", "Options"), [("B", "5", "T=M"), ("B", "5", "T=m")], [(2, "options")]),
    "other options": (("Nom", "Prix", "Options"), [("B", "5", "T=M"), ("B", "5", "C=Bleu")], [(3, "options")]),
    "options of a product without": (("Nom", "Options"), [("Savon", "T=M")], [(2, "options")]),
    "a shelf too deep": (("Nom", "Prix", "Rayon"), [("B", "5", "a>b>c>d>e")], [(2, "shelf")]),
    "a name that several have": (("Nom", "Prix"), [("Deux", "5")], [(2, "name")]),
    "the same product twice": (("Nom", "Référence", "Prix"), [("Chemise", "", "5"), ("", "C-1", "6")], [(3, "name")]),
    "fewer than are kept": (("Nom", "Pièces en stock"), [("Chemise", "1")], [(2, "stock")]),
    "a cell that cannot be meant": (("Nom", "Prix", "Statut"), [("B", "x", "?!")], [(2, "status"), (2, "price")]),
    "codes of two products": (("Référence", "Code-barres", "Prix"), [("C-1", "600", "5")], [(2, "sku")]),
}  # fmt: skip


@pytest.mark.parametrize(("head", "rows", "told"), WRONG.values(), ids=WRONG.keys())
def test_every_mistake_is_told_in_its_row_and_column(
    tenant: Tenant, head: tuple[str, ...], rows: list[tuple[str, ...]], told: list[tuple[int, str]]
) -> None:
    [shirt] = make_variants(5, "Chemise", sku="C-1", supply="stock")
    StockLevel.objects.filter(variant=shirt).update(reserved=2)
    make_product("Savon", variants=(VariantDetails(500, barcode="600"),))
    make_product("Deux")
    make_product("Deux")
    batch = read(csv_file(head, *rows))
    assert [(row, column) for row, column, _text in problems_of(batch)] == told
    assert batch.status == "ready"


def test_good_rows_are_applied_and_wrong_ones_never(tenant: Tenant) -> None:
    batch = bring_in(("Nom", "Prix"), ("Robe", "9000"), ("Sac", "cher"), ("Savon", "500"))
    assert list(Product.objects.order_by("pk").values_list("name", flat=True)) == ["Robe", "Savon"]
    counts = selectors.counts_of(batch)
    assert (counts.new, counts.wrong, counts.done, counts.refused) == (2, 1, 2, 0)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file_empty"), (b"\x00\x01\x02Nom", "not_a_table"), (b"%PDF-1.4 x", "not_a_table")]
)
def test_what_is_no_table_is_refused_when_it_is_sent(tenant: Tenant, content: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        send(content)
    assert refused.value.code == code
    assert not CatalogueImport.objects.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b"Couleur;Taille\r\n1;2\r\n",
            "The first row must name the columns: at least Name and Price for new products, or Reference for those you have.",
        ),
        (b"Nom;Prix\r\n", "There are headings in this file, and no products below them."),
    ],
)
def test_a_table_that_is_no_catalogue_fails_with_a_reason(tenant: Tenant, content: bytes, told: str) -> None:
    with translation.override("en"):
        batch = read(content)
    assert (batch.status, batch.problem) == ("failed", told)


def test_confirming_twice_applies_once(tenant: Tenant) -> None:
    make_variants(5, "Chemise", sku="C-1", supply="stock")
    batch = apply(read(csv_file(("Référence", "Prix", "Pièces en stock"), ("C-1", "16000", 8))))
    again = imports.confirm_import(batch=batch, by=batch.created_by, counts_stock=True)
    assert (again.status, work_on(batch_id=batch.pk)) == ("applied", False)
    assert Movement.objects.count() == 2
    assert AuditLog.objects.filter(action="store.import.confirmed").count() == 1


def test_a_file_sent_twice_is_looked_at_once_and_changes_nothing_the_second_time(tenant: Tenant) -> None:
    content = csv_file(NEW, ("Robe", "9000", "", "", 3))
    first = read(content)
    assert send(content).pk == first.pk
    apply(first)
    second = read(content)
    assert (second.pk == first.pk, kinds_of(second)) == (False, ["unchanged"])
    assert levels_of(Variant.objects.get()) == [(3, 0, 0)]


def test_another_file_takes_the_place_of_one_that_waits_but_not_of_one_at_work(tenant: Tenant) -> None:
    first = read(csv_file(NEW, ("Robe", "9000")))
    second = send(csv_file(NEW, ("Sac", "9000")))
    first.refresh_from_db()
    assert (first.status, second.status) == ("dropped", "reading")
    with pytest.raises(Conflict) as error:
        send(csv_file(NEW, ("Savon", "9000")))
    assert (error.value.code, error.value.field) == ("import_running", "file")
    with pytest.raises(Conflict):
        imports.confirm_import(batch=first, by=first.created_by, counts_stock=True)


def test_what_was_sold_since_the_dry_run_stays_sold(tenant: Tenant) -> None:
    [shirt] = make_variants(5, "Chemise", sku="C-1", supply="stock")
    batch = read(csv_file(("Référence", "Pièces en stock"), ("C-1", 8)))
    stock.adjust(variant=shirt, location=Location.objects.get(), difference=-2, reason="vendu")
    apply(batch)
    assert levels_of(shirt) == [(6, 0, 0)]  # three more than there were when it was read


def test_pieces_that_were_promised_meanwhile_are_not_taken_away(tenant: Tenant) -> None:
    [shirt] = make_variants(5, "Chemise", sku="C-1", supply="stock")
    batch = read(csv_file(("Référence", "Prix", "Pièces en stock"), ("C-1", "16000", 1)))
    StockLevel.objects.update(reserved=4)
    apply(batch)
    assert levels_of(shirt) == [(5, 4, 0)]
    assert [(row, column) for row, column, _text in problems_of(batch)] == [(2, "stock")]
    assert selectors.counts_of(batch).refused == 1


def test_pieces_promised_between_saving_and_booking_are_left_too(tenant: Tenant) -> None:
    [shirt] = make_variants(5, "Chemise", sku="C-1", supply="stock")
    batch = read(csv_file(("Référence", "Prix", "Pièces en stock"), ("C-1", "16000", 1)))
    imports.confirm_import(batch=batch, by=batch.created_by, counts_stock=True)
    assert import_applying._write_some(imports.claim(batch_id=batch.pk)) is True
    StockLevel.objects.update(reserved=4)
    CatalogueImport.objects.update(leased_until=None)
    work_on(batch_id=batch.pk)
    assert (levels_of(shirt), Variant.objects.get().price_minor) == ([(5, 4, 0)], 16000)
    assert [(row, column) for row, column, _text in problems_of(batch)] == [(2, "stock")]


def test_a_product_that_cannot_be_saved_any_more_is_refused_and_the_others_are_saved(tenant: Tenant) -> None:
    batch = read(csv_file(("Nom", "Référence", "Prix"), ("Robe", "R-1", "9000"), ("Sac", "S-1", "9000")))
    make_product("Autre", sku="r-1")
    Product.objects.filter(name="Autre").update(slug="autre")
    batch.items.filter(position=0).update(
        rows=[{"row": 2, "cells": {"slug": "robe", "name": "Robe", "sku": "R-1", "price": "9000"}}]
    )
    apply(batch)
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Autre", "Sac"]
    counts = selectors.counts_of(batch)
    assert (counts.done, counts.refused) == (1, 1)
    [(row, _column, text)] = problems_of(batch)
    assert (row, "R-1" in text or "r-1" in text) == (2, True)


def test_what_the_plan_has_no_room_for_is_refused(tenant: Tenant) -> None:
    make_product("Un")
    limited = replace(tenant, quotas=(("products", 3),))
    connection.set_tenant(limited)
    batch = bring_in(("Nom", "Prix"), *((f"P{number}", "500") for number in range(4)))
    assert Product.objects.count() == 3
    counts = selectors.counts_of(batch)
    assert (counts.done, counts.refused) == (2, 2)
    assert len(problems_of(batch)) == 2


def test_without_the_right_to_change_stock_pieces_are_left_out(tenant: Tenant) -> None:
    [shirt] = make_variants(5, "Chemise", sku="C-1", supply="stock")
    batch = read(csv_file(("Référence", "Prix", "Pièces en stock"), ("C-1", "16000", 8)), counts_stock=False)
    apply(batch)
    assert (levels_of(shirt), Variant.objects.get().price_minor) == ([(5, 0, 0)], 16000)


def test_a_shop_sees_nothing_of_anothers_import(tenant: Tenant) -> None:
    batch = read(csv_file(NEW, ("Robe", "9000")))
    connection.set_tenant(ready_tenant("store-b"))
    assert selectors.import_by_id(batch.pk) is None
    assert work_on(batch_id=batch.pk) is False
    assert Product.objects.count() == 0
    other = bring_in(NEW, ("Robe", "9000"))
    assert other.status == "applied"


def test_old_imports_go_with_their_files(tenant: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    batch = bring_in(NEW, ("Robe", "9000"))
    assert default_storage.exists(batch.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        imports.sweep_imports(now=batch.ended_at + imports.KEPT + timezone.timedelta(seconds=1))
    assert (CatalogueImport.objects.count(), ImportedProduct.objects.count(), Product.objects.count()) == (0, 0, 1)
    assert not default_storage.exists(batch.file.name)


def test_one_that_never_comes_forward_has_failed(tenant: Tenant) -> None:
    batch = send(csv_file(NEW, ("Robe", "9000")))
    for _try in range(imports.MOST_TRIES):
        assert imports.claim(batch_id=batch.pk) is not None
        CatalogueImport.objects.update(leased_until=timezone.now())
    assert imports.claim(batch_id=batch.pk) is None
    batch.refresh_from_db()
    assert (batch.status, bool(batch.problem)) == ("failed", True)


def queries_for(number: int, *, start: int, change: bool = False) -> int:
    rows = [
        (f"Robe {start + one}", f"R-{start + one}", 9000 + change, "Mode > Robes", "Ndolo", 3, "Matière=Coton")
        for one in range(number)
    ]
    head = ("Nom", "Référence", "Prix", "Rayon", "Marque", "Pièces en stock", "Caractéristiques")
    batch = send(csv_file(head, *rows))
    with CaptureQueriesContext(connection) as queries:
        work_on(batch_id=batch.pk, seconds=600)
        apply(batch)
    assert selectors.counts_of(batch).done == number
    return len(queries)


def test_a_product_more_costs_a_few_queries(tenant: Tenant) -> None:
    """One for its words and one for its entry; a changed one is saved too, with its variant."""
    queries_for(1, start=0)
    few, many = queries_for(2, start=1), queries_for(52, start=10)
    assert (many - few) / 50 <= 2.1
    few, many = queries_for(2, start=1, change=True), queries_for(52, start=10, change=True)
    assert (many - few) / 50 <= 4.1


def test_xlsx_files_are_read_too(tenant: Tenant) -> None:
    batch = apply(read(xlsx_file(NEW, ("Robe", 9000.0, "Mode", None, 3)), name="C:\\temp\\Catalogue.XLSX"))
    assert (batch.name, batch.status, Category.objects.get().name, Brand.objects.count()) == (
        "Catalogue.XLSX",
        "applied",
        "Mode",
        0,
    )
    assert batch.file.name.endswith(".xlsx")
    assert io.BytesIO(default_storage.open(batch.file.name).read()).getbuffer().nbytes == batch.size
