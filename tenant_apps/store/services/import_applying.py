"""Applying an import, some products in each transaction. What each has become is kept in the transaction that did it, so a
worker that is killed is continued where it was, and no row is applied twice.

Pieces are booked in a transaction of their own, after their variants are there: stock locks levels before products.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from billing import quotas
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import CatalogueImport, ImportedProduct, Variant
from tenant_apps.store.presenting.catalogue_file import default_place
from tenant_apps.store.rules.catalogue_rows import typed_product
from tenant_apps.store.selectors.catalogue import shop
from tenant_apps.store.services import stock
from tenant_apps.store.services.import_planning import CHANGED, NEW, WRONG, Plan, look, plan_all
from tenant_apps.store.services.imports import Status, end_import, hold_on
from tenant_apps.store.services.products import ChangedProduct, NewProduct, create_products, update_products
from tenant_apps.store.services.shelves import shelf_at
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.store.services.stock_levels import lock_levels_of

BATCH = 100
State = ImportedProduct.State


def apply_import(*, batch: CatalogueImport, until: float) -> bool:
    """Apply products until all are done (True) or `until` (`time.monotonic`) has come."""
    with translation.override(batch.locale):
        while time.monotonic() <= until:
            if _book_some(batch) or _write_some(batch):
                continue
            end_import(batch=batch, status=Status.APPLIED)
            return True
        return False


def _next(batch: CatalogueImport, state: str) -> list[ImportedProduct]:
    wanted = ImportedProduct.objects.filter(batch=batch, kind__in=[NEW, CHANGED], state=state)
    return list(wanted.order_by("position")[:BATCH])


# Products.


@transaction.atomic
def _write_some(batch: CatalogueImport) -> bool:
    """Write the next products; False where there is none, or somebody else has the import. One transaction; locks import and
    shop. Where one of them is refused, each is written by itself."""
    if not hold_on(batch):
        return False
    items = _next(batch, State.PENDING)
    if not items:
        return False
    lock_shop()
    try:
        with transaction.atomic():
            _write(batch, items)
    except quotas.QuotaReached as error:
        _write_what_fits(batch, items, error)
    except DomainError:
        _write_each(batch, items)
    return True


def _write_what_fits(batch: CatalogueImport, items: Sequence[ImportedProduct], error: DomainError) -> None:
    """Refuse the new products that the plan has no room for, without trying each; write the others."""
    room = next((one.remaining for one in quotas.limits() if one.name == "products"), None)
    beyond = [item for item in items if item.kind == NEW][room or 0 :] if room is not None else []
    for item in beyond:
        _refuse(item, error)
    _write_each(batch, [item for item in items if item not in beyond])


def _write_each(batch: CatalogueImport, items: Sequence[ImportedProduct]) -> None:
    for item in items:
        _write_alone(batch, item)


def _write_alone(batch: CatalogueImport, item: ImportedProduct) -> None:
    try:
        with transaction.atomic():
            _write(batch, [item])
    except DomainError as error:
        _refuse(item, error)


def _refuse(item: ImportedProduct, error: DomainError) -> None:
    where = error.extra if error.code == "row_wrong" else {"row": item.rows[0]["row"], "column": "", "typed": ""}
    problem = {**where, "text": str(error)}
    ImportedProduct.objects.filter(pk=item.pk).update(state=State.REFUSED, problems=[*item.problems, problem])


def _write(batch: CatalogueImport, items: Sequence[ImportedProduct]) -> None:
    """Plan the products anew, by the shop as it is now, and write them. Raises DomainError."""
    currency = shop().currency
    products = [typed_product(item.rows, currency=currency) for item in items]
    known = look(products, currency=currency, counts_stock=batch.counts_stock)
    given = [(item.public_id, product) for item, product in zip(items, products, strict=True)]
    planned = list(zip(items, plan_all(given, known), strict=True))
    for _item, plan in planned:
        if plan.kind == WRONG:
            first = plan.typed.problems[0]
            raise DomainError("row_wrong", first.text, extra=first.as_dict())
    _make_shelves([plan for _item, plan in planned])
    _save([plan for _item, plan in planned])
    _note(planned)


def _make_shelves(plans: Sequence[Plan]) -> None:
    """Add the shelves that are missing, and put the products on them."""
    made = {path: shelf_at(path=path).pk for path in dict.fromkeys(plan.shelf for plan in plans if plan.shelf)}
    for plan in plans:
        if plan.shelf and plan.details:
            plan.details = replace(plan.details, category_id=made[plan.shelf])


def _save(plans: Sequence[Plan]) -> None:
    new = [
        NewProduct(plan.public_id, plan.details, publish=bool(plan.publish), slug=plan.slug)
        for plan in plans
        if plan.kind == NEW and plan.details
    ]
    changed = [
        ChangedProduct(plan.product, plan.details, publish=plan.publish)
        for plan in plans
        if plan.kind == CHANGED and plan.product and plan.details
    ]
    if new:
        create_products(wanted=new)
    if changed:
        update_products(changed=changed)


def _note(planned: Sequence[tuple[ImportedProduct, Plan]]) -> None:
    """Keep what became of the products: done, or written with pieces still to be booked."""
    keys = [plan.product.public_id if plan.product else plan.public_id for _item, plan in planned if plan.pieces]
    ids = {
        (public_id, position): pk
        for public_id, position, pk in Variant.objects.filter(product__public_id__in=keys).values_list(
            "product__public_id", "position", "pk"
        )
    }
    for item, plan in planned:
        key = plan.product.public_id if plan.product else plan.public_id
        variants = {ids[key, at]: typed for at, typed in plan.pieces.items()}
        item.pieces = {str(pk): [typed, item.expected.get(str(pk))] for pk, typed in variants.items()}
        item.state = State.WRITTEN if item.pieces else State.DONE
    ImportedProduct.objects.bulk_update([item for item, _plan in planned], ["pieces", "state"])


# Pieces.


@transaction.atomic
def _book_some(batch: CatalogueImport) -> bool:
    """Book the pieces of products that are written; False where there is none, or somebody else has the import. One
    transaction; locks import, place, levels and products, as stock does."""
    if not hold_on(batch):
        return False
    items = _next(batch, State.WRITTEN)
    if not items:
        return False
    place = default_place()
    wanted = {int(pk): numbers for item in items for pk, numbers in item.pieces.items()}
    levels = {level.variant_id: level for level in lock_levels_of(variants=wanted, places=[place.pk])} if place else {}
    counted, expected, kept = {}, {}, set()
    for pk, (typed, before) in wanted.items():
        level = levels.get(pk)
        if level is None:
            continue
        there = level.quantity if before is None else before
        if level.quantity + typed - there < level.reserved:
            kept.add(pk)
        else:
            counted[pk], expected[pk] = typed, there
    if place and counted:
        reference = (_("Import of %(name)s") % {"name": batch.name})[:60]
        stock.count(location=place, counted=counted, expected=expected, reference=reference, by=batch.confirmed_by)
    for item in items:
        _note_pieces(item, kept)
    ImportedProduct.objects.bulk_update(items, ["state", "problems"])
    return True


def _note_pieces(item: ImportedProduct, kept: set[int]) -> None:
    item.state = State.DONE
    if kept & {int(pk) for pk in item.pieces}:
        text = _("The product was saved, but not its pieces: more of them are kept for orders now.")
        item.problems = [*item.problems, {"row": item.rows[0]["row"], "column": "stock", "typed": "", "text": text}]
