"""Reading catalogue imports, for the pages that follow them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Count, Q, QuerySet

from tenant_apps.store.models import CatalogueImport, ImportedProduct
from tenant_apps.store.selectors.pages import page_of

SHOWN = 10
PIECE = 500
Kind, State = ImportedProduct.Kind, ImportedProduct.State


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

    @property
    def to_apply(self) -> int:
        return self.new + self.changed

    @property
    def finished(self) -> int:
        return self.done + self.refused


def counts_of(batch: CatalogueImport) -> Counts:
    """One query."""
    good = Q(kind__in=[Kind.NEW, Kind.CHANGED])
    found = ImportedProduct.objects.filter(batch=batch).aggregate(
        **{str(kind): Count("pk", filter=Q(kind=kind)) for kind in Kind},
        done=Count("pk", filter=good & Q(state=State.DONE)),
        refused=Count("pk", filter=good & Q(state=State.REFUSED)),
    )
    return Counts(**found)


def first_of(batch: CatalogueImport, kind: str) -> list[ImportedProduct]:
    """The first few products of a kind."""
    return list(ImportedProduct.objects.filter(batch=batch, kind=kind).order_by("position")[:SHOWN])


def with_problems(batch: CatalogueImport) -> QuerySet[ImportedProduct]:
    """Products of which something was wrong, then or when they were applied, in the order of the file."""
    return ImportedProduct.objects.filter(batch=batch).exclude(problems=[]).order_by("position")


def every_problem(batch: CatalogueImport) -> Iterator[ImportedProduct]:
    """All of them, a piece at a time: what is read last is as far as a download is."""
    after = -1
    while piece := list(with_problems(batch).filter(position__gt=after)[:PIECE]):
        yield from piece
        after = piece[-1].position


def page_of_problems(batch: CatalogueImport, page: str) -> Page:
    """Those products, a page of them."""
    return page_of(with_problems(batch), page)
