"""Counting a place: what was found is kept as it is typed, and booked when all is counted."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import CountedPieces, Location, StockCount, StockLevel
from tenant_apps.store.services import stock
from tenant_apps.store.services.stock_levels import check_pieces


def start_count(*, location: Location, shows_expected: bool, by: User | None = None) -> StockCount:
    """Begin to count a place, or go on with the count that is open there. One transaction; a unique constraint decides
    between two people at once. Raises DomainError (`place_closed`).
    """
    if not location.is_active:
        raise DomainError("place_closed", _("This place is closed."), field="location")
    values = {"shows_expected": shows_expected, "started_by": by}
    count, _created = StockCount.objects.get_or_create(location=location, booked_at=None, defaults=values)
    return count


@transaction.atomic
def save_counted(*, count: StockCount, counted: Mapping[int, int | None]) -> None:
    """Keep how many pieces of which variants (by their ids) were found so far; None: not counted after all.

    What the shop thinks is there is noted beside a number that is new or changed. One transaction; locks the count.
    Raises Conflict (`count_closed`) and DomainError (`pieces_invalid`).
    """
    count = _lock_open(count)
    there = dict(CountedPieces.objects.filter(count=count, variant__in=counted).values_list("variant", "counted"))
    typed = {variant: pieces for variant, pieces in counted.items() if pieces is not None}
    for pieces in typed.values():
        check_pieces(pieces, least=0, field="counted")
    gone = [variant for variant in there if variant not in typed]
    CountedPieces.objects.filter(count=count, variant__in=gone).delete()
    new = {variant: pieces for variant, pieces in typed.items() if there.get(variant) != pieces}
    levels = StockLevel.objects.filter(location=count.location_id, variant__in=new)
    expected = dict(levels.values_list("variant_id", "quantity"))
    now = timezone.now()
    CountedPieces.objects.bulk_create(
        [
            CountedPieces(
                count=count, variant_id=variant, counted=pieces, expected=expected.get(variant, 0), counted_at=now
            )
            for variant, pieces in new.items()
        ],
        update_conflicts=True,
        unique_fields=["count", "variant"],
        update_fields=["counted", "expected", "counted_at"],
    )


@transaction.atomic
def book_count(*, count: StockCount, by: User | None = None) -> list[stock.Difference]:
    """Book what was counted; what was not is left as it is. Returns what differed.

    One transaction; locks the count, then the levels by id. Of two at once one books. Raises Conflict (`count_closed`) and
    DomainError (`nothing_counted`, `place_closed`).
    """
    count = _lock_open(count)
    lines = list(CountedPieces.objects.filter(count=count))
    if not lines:
        raise DomainError("nothing_counted", _("Nothing is counted yet."))
    differences = stock.count(
        location=Location.objects.get(pk=count.location_id),
        counted={line.variant_id: line.counted for line in lines},
        expected={line.variant_id: line.expected for line in lines},
        by=by,
    )
    StockCount.objects.filter(pk=count.pk).update(booked_at=timezone.now())
    return differences


@transaction.atomic
def give_up_count(*, count: StockCount) -> None:
    """Forget a count that is not booked. One transaction; locks it. Raises Conflict (`count_closed`)."""
    _lock_open(count).delete()


def _lock_open(count: StockCount) -> StockCount:
    found = StockCount.objects.select_for_update().filter(pk=count.pk, booked_at=None).first()
    if found is None:
        raise Conflict("count_closed", _("This count was booked or given up in the meantime."))
    return found
