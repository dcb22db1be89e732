"""Reading catalogue imports, for the pages that follow them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Func, JSONField, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from tenant_apps.store.models import CatalogueImport, ImportedProduct
from tenant_apps.store.selectors.pages import PER_PAGE

SHOWN = 10
PIECE = 500
Kind, State = ImportedProduct.Kind, ImportedProduct.State
SAVED = (State.WRITTEN, State.DONE)


def recent_imports() -> list[CatalogueImport]:
    """The last ones, the newest first."""
    return list(CatalogueImport.objects.select_related("created_by").order_by("-created_at", "pk")[:SHOWN])


def import_by_id(batch_id: UUID) -> CatalogueImport | None:
    return CatalogueImport.objects.select_related("created_by", "confirmed_by").filter(pk=batch_id).first()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many products of a file are what, and how far they are applied."""

    new: int
    changed: int
    unchanged: int
    wrong: int
    done: int
    refused: int
    new_saved: int
    changed_saved: int

    @property
    def to_apply(self) -> int:
        return self.new + self.changed

    @property
    def finished(self) -> int:
        return self.done + self.refused

    @property
    def not_saved(self) -> int:
        """Products that were to be corrected, refused, or not reached, once the import is over."""
        return self.wrong + self.to_apply - self.new_saved - self.changed_saved

    def beyond(self, room: int | None) -> int:
        """How many new products have no place in the plan, which has `room` for so many more (None: for all)."""
        return 0 if room is None else max(0, self.new - max(0, room))


def counts_of(batch: CatalogueImport) -> Counts:
    """One query."""
    good = Q(kind__in=[Kind.NEW, Kind.CHANGED])
    found = ImportedProduct.objects.filter(batch=batch).aggregate(
        **{str(kind): Count("pk", filter=Q(kind=kind)) for kind in Kind},
        done=Count("pk", filter=good & Q(state=State.DONE)),
        refused=Count("pk", filter=good & Q(state=State.REFUSED)),
        new_saved=Count("pk", filter=Q(kind=Kind.NEW, state__in=SAVED)),
        changed_saved=Count("pk", filter=Q(kind=Kind.CHANGED, state__in=SAVED)),
    )
    return Counts(**found)


def first_of(batch: CatalogueImport, kind: str) -> list[ImportedProduct]:
    """The first few products of a kind; once the file was applied, of those that were saved."""
    items = ImportedProduct.objects.filter(batch=batch, kind=kind)
    if batch.is_confirmed:
        items = items.filter(state__in=SAVED)
    return list(items.order_by("position")[:SHOWN])


def with_problems(batch: CatalogueImport) -> QuerySet[ImportedProduct]:
    """Products of which something was wrong, then or when they were applied, in the order of the file."""
    return ImportedProduct.objects.filter(batch=batch).exclude(problems=[]).order_by("position")


def every_problem(batch: CatalogueImport) -> Iterator[ImportedProduct]:
    """All of them, a piece at a time: what is read last is as far as a download is."""
    after = -1
    while piece := list(with_problems(batch).filter(position__gt=after)[:PIECE]):
        yield from piece
        after = piece[-1].position


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong, with the first row of which it is said, and of how many it is."""

    column: str  # "" is the row as a whole
    text: str
    number: int
    row: int
    name: str
    typed: str


def page_of_reasons(batch: CatalogueImport, page: str) -> Page:
    """What is wrong with a file, each reason once, in the order of the file: a page of it. Three queries."""
    elements = Func(F("problems"), function="jsonb_array_elements", output_field=JSONField(), set_returning=True)
    found = (
        with_problems(batch)
        .annotate(problem=elements)
        .values(column=KeyTextTransform("column", "problem"), text=KeyTextTransform("text", "problem"))
        .annotate(number=Count("pk"), first=Min("position"))
        .order_by("first", "column", "text")
    )
    told: Page = Paginator(found, PER_PAGE).get_page(page)
    groups: list[Any] = list(told.object_list)
    items = {
        item.position: item
        for item in ImportedProduct.objects.filter(batch=batch, position__in={group["first"] for group in groups})
    }
    reasons: list[Any] = [_reason(group, items[group["first"]]) for group in groups]
    told.object_list = reasons
    return told


def _reason(group: dict[str, Any], item: ImportedProduct) -> Reason:
    key = (group["column"], group["text"])
    first = next(problem for problem in item.problems if (problem["column"], problem["text"]) == key)
    return Reason(*key, group["number"], first["row"], item.name, first["typed"])
