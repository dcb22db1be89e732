"""Reading what was counted. Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet

from tenant_apps.store.models import CountedPieces, StockCount, StockLevel, Variant
from tenant_apps.store.selectors.stock import PER_PAGE, matching, stocked_variants

MOST_SHOWN = 300
BOOKED_SHOWN = 20


def open_counts() -> list[StockCount]:
    """Places that are being counted, with how many articles are (`lines_there`). One query."""
    return list(_counts().filter(booked_at=None).order_by("pk"))


def booked_counts() -> list[StockCount]:
    """The last counts that were booked, with how many articles differed (`differing`). One query."""
    return list(_counts().exclude(booked_at=None).order_by("-booked_at")[:BOOKED_SHOWN])


def _counts() -> QuerySet[StockCount]:
    differing = Count("lines", filter=~Q(lines__counted=F("lines__expected")))
    counts = StockCount.objects.select_related("location", "started_by")
    return counts.annotate(lines_there=Count("lines"), differing=differing)


def open_count(pk: int) -> StockCount | None:
    """A count that is not booked."""
    return StockCount.objects.select_related("location", "started_by").filter(pk=pk, booked_at=None).first()


@dataclass(frozen=True, slots=True)
class CountSheet:
    """A page of articles to count: what was found of them so far, and how many there should be now, by their ids."""

    page: Page
    counted: dict[int, int]
    expected: dict[int, int]
    done: int
    total: int


def count_sheet(count: StockCount, *, query: str, page: str | int) -> CountSheet:
    """Articles by name, all or those a search finds. Six queries."""
    everything = stocked_variants().select_related("product")
    variants = matching(everything, query).order_by("product__name", "product", "position")
    found = Paginator(variants, PER_PAGE).get_page(page)
    found.object_list = list(found.object_list)
    here = CountedPieces.objects.filter(count=count, variant__in=found.object_list)
    levels = StockLevel.objects.filter(location=count.location_id, variant__in=found.object_list)
    return CountSheet(
        page=found,
        counted=dict(here.values_list("variant_id", "counted")),
        expected=dict(levels.values_list("variant_id", "quantity")),
        done=CountedPieces.objects.filter(count=count).count(),
        total=everything.count(),
    )


@dataclass(frozen=True, slots=True)
class CountSummary:
    """What booking a count will do. `worth` is in minor units at cost, of articles whose cost is known."""

    differing: list[CountedPieces]
    more: int  # differing ones that are not in the list
    agreeing: int
    uncounted: list[Variant]  # there should be some of them here
    uncounted_total: int
    worth: int


def count_summary(count: StockCount) -> CountSummary:
    """Three queries."""
    lines = list(
        CountedPieces.objects.filter(count=count)
        .select_related("variant__product")
        .order_by("variant__product__name", "pk")
    )
    differing = [line for line in lines if line.difference]
    counted = CountedPieces.objects.filter(count=count).values("variant")
    left = (
        stocked_variants()
        .select_related("product")
        .filter(pk__in=StockLevel.objects.filter(location=count.location_id).exclude(quantity=0).values("variant"))
        .exclude(pk__in=counted)
    )
    return CountSummary(
        differing=differing[:MOST_SHOWN],
        more=max(0, len(differing) - MOST_SHOWN),
        agreeing=len(lines) - len(differing),
        uncounted=list(left.order_by("product__name", "pk")[:10]),
        uncounted_total=left.count(),
        worth=sum(line.difference * (line.variant.cost_minor or 0) for line in differing),
    )
