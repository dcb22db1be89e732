"""The dry run of an import: its file is read, and each product compared with the shop. Changes nothing but the import's rows."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tenant_apps.store.models import CatalogueImport, ImportedProduct
from tenant_apps.store.rules.catalogue_columns import BY_KEY, TELLING, read_heading
from tenant_apps.store.rules.catalogue_rows import KeptRow, TypedProduct, grouped, typed_product
from tenant_apps.store.rules.table_files import MAX_BYTES, BadTable, read_table
from tenant_apps.store.selectors.catalogue import shop
from tenant_apps.store.services.import_planning import Plan, look, plan_all
from tenant_apps.store.services.imports import Status, end_import, hold_on

BATCH = 250
MOST_CHANGES = 60  # of one product that are shown


def read_import(*, batch: CatalogueImport, until: float) -> bool:
    """Read the file and plan its products, a batch in each transaction; True when it is done, False when `until`
    (`time.monotonic`) has come first. The file is parsed again then, and what is planned already is left out."""
    with translation.override(batch.locale):
        try:
            groups = _groups(batch)
        except FileNotFoundError:
            text = _("The file is not there any more. Send it again.")
            end_import(batch=batch, status=Status.FAILED, problem=text)
            return True
        except BadTable as error:
            end_import(batch=batch, status=Status.FAILED, problem=str(error))
            return True
        return _plan_groups(batch, groups, until)


def _groups(batch: CatalogueImport) -> list[list[KeptRow]]:
    """The rows of each product. Notes what the file has, for the page to show how far it is."""
    with default_storage.open(str(batch.file.name)) as file:
        rows = read_table(file.read(MAX_BYTES + 1))
    _number, cells = next(rows)
    heading = read_heading(cells)
    groups = grouped(rows, heading)
    if not groups:
        raise BadTable("no_rows", _("There are headings in this file, and no products below them."))
    CatalogueImport.objects.filter(pk=batch.pk, worker=batch.worker).update(
        columns=[key for key in BY_KEY if key in heading.keys.values()],
        unknown=list(heading.unknown)[:20],
        rows=sum(len(group) for group in groups),
        products=len(groups),
    )
    return groups


def _plan_groups(batch: CatalogueImport, groups: Sequence[list[KeptRow]], until: float) -> bool:
    currency = shop().currency
    told = _Told()
    done = _planned(batch)
    told.read_again(batch, groups[:done], currency)
    for start in range(done, len(groups), BATCH):
        if time.monotonic() > until:
            return False
        products = [typed_product(rows, currency=currency) for rows in groups[start : start + BATCH]]
        if not _plan_batch(batch, products, start, currency, told):
            return True
    end_of_reading(batch)
    return True


def _planned(batch: CatalogueImport) -> int:
    return ImportedProduct.objects.filter(batch=batch).count()


@transaction.atomic
def _plan_batch(
    batch: CatalogueImport, products: Sequence[TypedProduct], start: int, currency: str, told: _Told
) -> bool:
    """Plan some products and keep what they would become; False where somebody else has the import now."""
    if not hold_on(batch):
        return False
    told.check(products)
    known = look(products, currency=currency, counts_stock=batch.counts_stock)
    plans = plan_all([(uuid.uuid4(), product) for product in products], known)
    told.check_plans(plans)
    ImportedProduct.objects.bulk_create(
        _item(batch, plan, position) for position, plan in enumerate(plans, start=start)
    )
    shelves = dict.fromkeys(" > ".join(plan.shelf) for plan in plans if plan.shelf)
    brands = dict.fromkeys(
        plan.details.brand for plan in plans if plan.details and plan.details.brand.lower() not in known.brands
    )
    row = CatalogueImport.objects.get(pk=batch.pk)
    row.products_read = start + len(plans)
    row.new_shelves = list(dict.fromkeys([*row.new_shelves, *shelves]))
    row.new_brands = list(dict.fromkeys([*row.new_brands, *(brand for brand in brands if brand)]))
    row.save(update_fields=["products_read", "new_shelves", "new_brands"])
    return True


def _item(batch: CatalogueImport, plan: Plan, position: int) -> ImportedProduct:
    return ImportedProduct(
        batch=batch,
        position=position,
        public_id=plan.public_id,
        name=plan.name[:120],
        rows=plan.typed.rows,
        kind=plan.kind,
        changes=plan.changes[:MOST_CHANGES],
        problems=[problem.as_dict() for problem in plan.typed.problems],
        expected={str(pk): pieces for pk, pieces in plan.expected.items()},
    )


@transaction.atomic
def end_of_reading(batch: CatalogueImport) -> None:
    """Everything is planned: a person looks at it now."""
    held = CatalogueImport.objects.filter(pk=batch.pk, worker=batch.worker, status=Status.READING)
    held.update(status=Status.READY, worker=None, leased_until=None, tries=0)


class _Told:
    """What rows of a file said before, so that no two products of it say the same."""

    def __init__(self) -> None:
        self.codes: dict[tuple[str, str], int] = {}
        self.products: dict[int, int] = {}

    def read_again(self, batch: CatalogueImport, groups: Iterable[list[KeptRow]], currency: str) -> None:
        """What was planned before the worker was changed."""
        products = [typed_product(rows, currency=currency) for rows in groups]
        for start in range(0, len(products), BATCH):
            some = products[start : start + BATCH]
            self.check(some)
            known = look(some, currency=currency, counts_stock=batch.counts_stock)
            self.check_plans(plan_all([(uuid.uuid4(), product) for product in some], known))

    def check(self, products: Iterable[TypedProduct]) -> None:
        """Note in the products where one repeats a reference or barcode of another."""
        for product in products:
            for variant in product.variants:
                for column in ("sku", "barcode"):
                    code = str(variant.values.get(column) or "").lower()
                    first = self.codes.setdefault((column, code), variant.row) if code else variant.row
                    if first != variant.row:
                        text = _("Row %(row)s has the same already. Give each its own.") % {"row": first}
                        product.wrong(column, text, row=variant.row)

    def check_plans(self, plans: Iterable[Plan]) -> None:
        """Note in the plans where one is of the same product as another."""
        for plan in plans:
            if plan.product is None or plan.typed.problems:
                continue
            first = self.products.setdefault(plan.product.pk, plan.typed.first_row)
            if first != plan.typed.first_row:
                text = _("Row %(row)s is of the same product. Give both the same name or address.") % {"row": first}
                plan.typed.wrong(next(key for key in TELLING if key in plan.typed.rows[0]["cells"]), text)
