"""Imports whose worker is killed, anywhere, and imports that several people and workers are at."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import User
from tenant_apps.store.models import CatalogueImport, ImportedProduct, Movement, Product, Variant
from tenant_apps.store.services import import_applying, import_reading, imports
from tenant_apps.store.services.import_work import work_on
from tenant_apps.store.tests.import_support import csv_file, send
from tenant_apps.store.tests.support import make_variants
from tests.support.dying import killed_at_every_point
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")
ROWS = (
    ("Nom", "Référence", "Prix", "Pièces en stock"),
    ("Chemise", "C-1", "16000", 8),
    ("Robe", "R-1", "9000", 3),
    ("Sac", "", "5", ""),
)


def _work(batch_id: uuid.UUID) -> None:
    """As a worker does, until nothing is left; the lease of one that died is over."""
    with tenant_context(ready_tenant("store-a")):
        CatalogueImport.objects.update(leased_until=None)
        while work_on(batch_id=batch_id):
            pass


def test_a_worker_killed_at_every_point_loses_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_reading, "BATCH", 2)
    monkeypatch.setattr(import_applying, "BATCH", 2)
    monkeypatch.setattr(imports, "MOST_TRIES", 10_000)
    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        make_variants(5, "Chemise", sku="C-1", supply="stock")
        batch = send(csv_file(*ROWS))
    assert killed_at_every_point(lambda: _work(batch.pk)) > 10
    with tenant_context(tenant):
        batch.refresh_from_db()
        assert (batch.status, batch.products_read) == ("ready", 3)
        assert list(ImportedProduct.objects.values_list("kind", flat=True)) == ["changed", "new", "new"]
        imports.confirm_import(batch=batch, by=User.objects.get(is_staff=True), counts_stock=True)
    assert killed_at_every_point(lambda: _work(batch.pk)) > 20
    with tenant_context(tenant):
        batch.refresh_from_db()
        assert batch.status == "applied"
        assert sorted(Product.objects.values_list("name", flat=True)) == ["Chemise", "Robe", "Sac"]
        assert sorted(Variant.objects.values_list("price_minor", flat=True)) == [5, 9000, 16000]
        assert list(Movement.objects.order_by("pk").values_list("quantity", "after")) == [(5, 5), (3, 8), (3, 3)]


def test_many_workers_and_confirmations_at_once_apply_once() -> None:
    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        batch = send(csv_file(*ROWS))
        work_on(batch_id=batch.pk)
        by = User.objects.get(is_staff=True)

    def act(number: int) -> None:
        with tenant_context(tenant):
            imports.confirm_import(batch=batch, by=by, counts_stock=True)
            work_on(batch_id=batch.pk)

    assert at_once(4, act) == [None] * 4
    _work(batch.pk)
    with tenant_context(tenant):
        assert (Product.objects.count(), Movement.objects.count()) == (3, 2)


def test_of_two_files_sent_at_once_one_is_taken() -> None:
    tenant = ready_tenant("store-a")

    def act(number: int) -> str:
        with tenant_context(tenant):
            return str(send(csv_file(("Nom", "Prix"), (f"Robe {number}", "5"))).status)

    answers = at_once(4, act)
    assert sorted(str(getattr(one, "code", one)) for one in answers) == ["import_running"] * 3 + ["reading"]
    connection.set_schema_to_public()
