"""The one way a level of stock changes: locked, by a guarded UPDATE, with its movement. For the services of the stock alone.

Order of locks: a place (where a level is made, or it is closed), levels by id, products by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.soon import send_soon
from tenant_apps.store.models import Location, Movement, Product, StockLevel
from tenant_apps.store.services.product_locks import lock_products

MOST_PIECES = 1_000_000  # in one line of one movement: more is a slip of the finger


@dataclass(frozen=True, slots=True)
class Change:
    """What a locked level gains, or loses where it is below zero."""

    level: StockLevel
    quantity: int = 0
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of a change."""

    action: str
    reason: str = ""
    reference: str = ""
    by: User | None = None


# Three things keep a level true: the lock its caller holds, the guard below, and the CHECK behind it. What makes less free
# passes only while nothing is promised twice; a sale that has happened already, or a count, may overdraw.
_CHANGE = """
UPDATE store_stocklevel AS level
SET quantity = level.quantity + change.quantity,
    reserved = level.reserved + change.reserved,
    overdrawn = least(
        CASE WHEN %(overdraw)s THEN 9223372036854775807 ELSE level.overdrawn END,
        greatest(0, level.reserved + change.reserved - level.quantity - change.quantity)
    )
FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[], %(reserved)s::bigint[]) AS change (id, quantity, reserved)
WHERE level.id = change.id
  AND (
    %(overdraw)s
    OR change.quantity >= change.reserved
    OR level.quantity + change.quantity >= level.reserved + change.reserved
  )
RETURNING level.id, level.quantity, level.reserved, level.overdrawn
"""


def lock_levels(wanted: Q) -> list[StockLevel]:
    """The levels, locked in the order of their ids until the transaction ends: everybody locks in this order, so nobody
    waits in a circle. One statement, without a join: what had to be waited for is read as it is then.
    """
    return list(StockLevel.objects.select_for_update(of=("self",)).filter(wanted).order_by("pk"))


def lock_levels_of(*, variants: Iterable[int], places: Iterable[int]) -> list[StockLevel]:
    """The levels of these variants in these places, made where they are missing; then locked as `lock_levels` does.

    A missing level is made under its place's lock, so that no place is closed meanwhile (`services.places`).
    """
    pairs = {(variant, place) for variant in variants for place in places}
    wanted = Q(variant__in={pair[0] for pair in pairs}, location__in={pair[1] for pair in pairs})
    there = set(StockLevel.objects.filter(wanted).values_list("variant_id", "location_id"))
    missing = sorted(pairs - there)
    if missing:
        lock_places({place for _variant, place in missing})
        levels = [StockLevel(variant_id=variant, location_id=place) for variant, place in missing]
        StockLevel.objects.bulk_create(levels, ignore_conflicts=True)
    return lock_levels(wanted)


def lock_places(places: Iterable[int]) -> list[Location]:
    """Lock places in the order of their ids."""
    return list(Location.objects.select_for_update(no_key=True).filter(pk__in=set(places)).order_by("pk"))


def check_open(places: Iterable[int]) -> None:
    """Raise where one of the places is closed. Call it after its levels are locked: closing locks them too."""
    closed = Location.objects.filter(pk__in=set(places), is_active=False).first()
    if closed:
        message = _("“%(place)s” is closed. Open it again, or choose another place.") % {"place": closed.name}
        raise DomainError("place_closed", message, field="location")


def check_pieces(pieces: int, *, least: int = 1, field: str = "quantity") -> None:
    """Raise for a number of pieces that cannot be meant."""
    if not least <= pieces <= MOST_PIECES:
        message = _("Enter a number of pieces from %(least)s to %(most)s.") % {"least": least, "most": MOST_PIECES}
        raise DomainError("pieces_invalid", message, field=field)


def change_levels(changes: Sequence[Change], entry: Entry | None = None, *, overdraw: bool = False) -> None:
    """Change locked levels, each at most once, in one statement; write the ledger; set `Product.is_available` right.

    In the caller's transaction. `entry` is needed where quantities change. `overdraw`: may promise more than there is.
    The given levels say afterwards what they are now. Raises Conflict (`stock_changed`) where a guard refuses.
    """
    changes = [change for change in changes if change.quantity or change.reserved]
    if not changes:
        return
    before = {change.level.pk: (change.level.quantity, change.level.free > 0) for change in changes}
    _write(changes, overdraw=overdraw)
    if entry is not None:
        _book(changes, entry)
    crossed = [one.level.variant_id for one in changes if (one.level.free > 0) != before[one.level.pk][1]]
    if crossed:
        _refresh_products_of(crossed)
    if any(change.quantity < 0 for change in changes):
        transaction.on_commit(_look_for_low_stock)


def _write(changes: Sequence[Change], *, overdraw: bool) -> None:
    values: dict[str, Any] = {
        "ids": [change.level.pk for change in changes],
        "quantities": [change.quantity for change in changes],
        "reserved": [change.reserved for change in changes],
        "overdraw": overdraw,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, values)
        now = {row[0]: row[1:] for row in cursor.fetchall()}
    if len(now) != len(changes):
        text = _("The stock has changed in the meantime. Nothing was saved: look again, and repeat it.")
        raise Conflict("stock_changed", text)
    for change in changes:
        level = change.level
        level.quantity, level.reserved, level.overdrawn = now[level.pk]


def _book(changes: Sequence[Change], entry: Entry) -> None:
    """One line of the ledger for each quantity that changed, `before` and `after` as the UPDATE found and left it."""
    Movement.objects.bulk_create(
        Movement(
            level=change.level,
            action=entry.action,
            quantity=change.quantity,
            before=change.level.quantity - change.quantity,
            after=change.level.quantity,
            reason=entry.reason,
            reference=entry.reference,
            actor=entry.by,
        )
        for change in changes
        if change.quantity
    )


def _refresh_products_of(variants: Iterable[int]) -> None:
    products = Product.objects.filter(variants__in=set(variants)).values_list("pk", flat=True)
    refresh_availability(products=set(products))


def refresh_availability(*, products: Iterable[int]) -> None:
    """Set `Product.is_available` right: always or before there is any → yes; not now → no; from stock → an active variant
    has a free piece in an open place that sells online.

    In the caller's transaction. Locks the products' rows in the order of their ids, after all levels: two who take the
    last pieces of two variants would else each still see the other's. Then one UPDATE, whose look is newer than the locks.
    Call it after a product's `supply`, a variant's `is_active` or a place's `sells_online` was changed.
    """
    ids = set(products)
    lock_products(Product.objects.filter(pk__in=ids))
    free = StockLevel.objects.filter(
        variant__product=OuterRef("pk"),
        variant__is_active=True,
        location__is_active=True,
        location__sells_online=True,
        quantity__gt=F("reserved"),
    )
    can_be_had = Case(
        When(supply__in=[Product.Supply.ALWAYS, Product.Supply.PREORDER], then=Value(True)),
        When(supply=Product.Supply.NONE, then=Value(False)),
        default=Exists(free),
    )
    Product.objects.filter(pk__in=ids).update(is_available=can_be_had)


def _look_for_low_stock() -> None:
    from tenant_apps.store.tasks import note_low_stock

    send_soon(note_low_stock, expires=60)
