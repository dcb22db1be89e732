"""Stock: what comes, goes, moves and is counted, and (`holds`) what orders keep and buy.

This is the module that others call. Every function is one transaction, a savepoint of its caller's, and locks levels in one
statement in the order of their ids. In one transaction call one of them once for everything: two calls, each with its
own levels, can wait for somebody who makes them the other way round. A caller who needs an order's row locks it before.
Where a form is booked, the `key` it was made with makes sending it twice book once; sent again with something else it is
refused (Conflict `key_used`), and books nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Location, Movement, StockLevel, Variant
from tenant_apps.store.services.form_keys import booked_before
from tenant_apps.store.services.holds import (
    OutOfStock,
    Shortage,
    end_expired_holds,
    end_expired_on,
    hold,
    put_back,
    release,
    sell,
)
from tenant_apps.store.services.stock_levels import (
    MOST_PIECES,
    Change,
    Entry,
    change_levels,
    check_open,
    check_pieces,
    lock_levels_of,
    refresh_availability,
)

__all__ = [
    "MOST_PIECES",
    "Difference",
    "OutOfStock",
    "Shortage",
    "adjust",
    "count",
    "end_expired_holds",
    "hold",
    "put_back",
    "receive",
    "receive_all",
    "refresh_availability",
    "release",
    "sell",
    "sell_at",
    "take_back",
    "take_back_all",
    "transfer",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a count found of a variant: `pieces` more (fewer, below zero) than there should be, and `overdrawn` pieces
    promised that are not there."""

    variant: int
    pieces: int
    overdrawn: int


def receive(
    *,
    variant: Variant,
    location: Location,
    quantity: int,
    reason: str = "",
    reference: str = "",
    by: User | None = None,
) -> None:
    """Add pieces that arrived. One transaction; locks the level, which is made where there is none.

    Raises DomainError (`pieces_invalid`, `place_closed`).
    """
    pieces = {variant.pk: quantity}
    receive_all(location=location, pieces=pieces, reason=reason, reference=reference, by=by)


@transaction.atomic
def receive_all(
    *,
    location: Location,
    pieces: Mapping[int, int],
    reason: str = "",
    reference: str = "",
    by: User | None = None,
    key: UUID | None = None,
) -> None:
    """Add a delivery: how many pieces of which variants, by their ids. One transaction; locks the levels by id. Raises as
    `receive`, and adds nothing then.
    """
    booked = {str(variant): number for variant, number in pieces.items()}
    if not booked_before(key, form="receive", place=location.pk, pieces=booked, reason=reason, reference=reference):
        _come_in(location, pieces, Entry(Movement.Action.RECEIVED, reason, reference, by))


def take_back(*, variant: Variant, location: Location, quantity: int, reference: str, by: User | None = None) -> None:
    """Put pieces back that a customer returned. As `receive`."""
    take_back_all(location=location, pieces={variant.pk: quantity}, reference=reference, by=by)


@transaction.atomic
def take_back_all(*, location: Location, pieces: Mapping[int, int], reference: str, by: User | None = None) -> None:
    """Put back what a customer returned: how many pieces of which variants, by their ids. As `receive_all`."""
    _come_in(location, pieces, Entry(Movement.Action.RETURNED, reference=reference, by=by))


def _come_in(location: Location, pieces: Mapping[int, int], entry: Entry) -> None:
    for number in pieces.values():
        check_pieces(number)
    levels = lock_levels_of(variants=pieces, places=[location.pk])
    check_open([location.pk])
    change_levels([Change(level, quantity=pieces[level.variant_id]) for level in levels], entry)


@transaction.atomic
def adjust(
    *,
    variant: Variant,
    location: Location,
    difference: int,
    reason: str,
    by: User | None = None,
    key: UUID | None = None,
) -> None:
    """Correct a level by so many pieces: lost, broken, found. One transaction; locks the level.

    Raises DomainError (`pieces_invalid`, `reason_missing`, `place_closed`, `below_reserved`).
    """
    check_pieces(abs(difference), field="difference")
    if not reason.strip():
        raise DomainError("reason_missing", _("Say why: it stands in the history."), field="reason")
    said = {"variant": variant.pk, "place": location.pk, "difference": difference, "reason": reason.strip()}
    if booked_before(key, form="adjust", **said):
        return
    [level] = lock_levels_of(variants=[variant.pk], places=[location.pk])
    check_open([location.pk])
    if difference < 0:
        _check_free(level, -difference, field="difference")
    entry = Entry(Movement.Action.ADJUSTED, reason.strip(), by=by)
    change_levels([Change(level, quantity=difference)], entry)


@transaction.atomic
def transfer(
    *,
    variant: Variant,
    source: Location,
    target: Location,
    quantity: int,
    reason: str = "",
    by: User | None = None,
    key: UUID | None = None,
) -> None:
    """Bring pieces to another place: one movement out, one in. One transaction; locks both levels by id.

    Raises DomainError (`pieces_invalid`, `same_place`, `place_closed`, `below_reserved`).
    """
    check_pieces(quantity)
    if source.pk == target.pk:
        raise DomainError("same_place", _("Choose another place to bring them to."), field="target")
    said = {"variant": variant.pk, "source": source.pk, "target": target.pk, "quantity": quantity, "reason": reason}
    if booked_before(key, form="transfer", **said):
        return
    levels = {one.location_id: one for one in lock_levels_of(variants=[variant.pk], places=[source.pk, target.pk])}
    check_open([source.pk, target.pk])
    _check_free(levels[source.pk], quantity, field="quantity")
    sent = Entry(Movement.Action.SENT, reason, target.name[:60], by)
    arrived = Entry(Movement.Action.ARRIVED, reason, source.name[:60], by)
    # The one that loses goes first, so that nobody's look between two statements of ours finds the pieces twice.
    change_levels([Change(levels[source.pk], quantity=-quantity)], sent)
    change_levels([Change(levels[target.pk], quantity=quantity)], arrived)


def _check_free(level: StockLevel, wanted: int, *, field: str) -> None:
    """Raise where so many cannot go: they are not there, or promised to buyers."""
    if level.free >= wanted:
        return
    if level.reserved and level.quantity >= wanted:
        text = _("%(reserved)s of the %(quantity)s pieces here are kept for orders: at most %(free)s can go.")
    else:
        text = _("Only %(free)s pieces can go from here.")
    words = {"reserved": level.reserved, "quantity": level.quantity, "free": max(0, level.free)}
    raise DomainError("below_reserved", text % words, field=field)


@transaction.atomic
def count(
    *,
    location: Location,
    counted: Mapping[int, int],
    expected: Mapping[int, int] | None = None,
    reference: str = "",
    by: User | None = None,
) -> list[Difference]:
    """Book a stock-taking: how many pieces of which variants (by their ids) are in a place. Returns what differed.

    `expected` says how many the shop thought there were when they were counted: then the difference to that is booked, and
    what was sold or received since stays right; for a variant without, its level is set to the number. Fewer than are kept
    for orders is taken as it is: the level is `overdrawn` until goods arrive. One transaction; locks the levels by id.
    Raises DomainError (`pieces_invalid`, `place_closed`), and books nothing then.
    """
    for number in counted.values():
        check_pieces(number, least=0, field="counted")
    known = expected or {}
    levels = lock_levels_of(variants=counted, places=[location.pk])
    check_open([location.pk])
    changes = []
    for level in levels:
        found = counted[level.variant_id] - known.get(level.variant_id, level.quantity)
        if found:
            changes.append(Change(level, quantity=found))
    change_levels(changes, Entry(Movement.Action.COUNTED, reference=reference, by=by), overdraw=True)
    return [Difference(one.level.variant_id, one.quantity, one.level.overdrawn) for one in changes]


@transaction.atomic
def sell_at(
    *,
    location: Location,
    lines: Iterable[tuple[Variant, int]],
    reference: str,
    by: User | None = None,
    offline: bool = False,
) -> list[Variant]:
    """Sell over the counter, at once and from one place; variants of products that do not count stock are left out.

    One transaction; locks the levels by id, and ends holds whose time is over where there is too little. Raises OutOfStock
    with everything that is missing, and sells nothing then. `offline`: it was sold already while the till had no network,
    so it is taken whatever there is: returns the variants of which more was promised than is there now, for the caller to
    raise a task. Call it once for a sale.
    """
    variants, pieces = _counted_only(lines)
    levels = lock_levels_of(variants=pieces, places=[location.pk])
    before = {level.pk: level.overdrawn for level in levels}
    if not offline:
        check_open([location.pk])
        _check_there(levels, pieces, variants)
    changes = [Change(level, quantity=-pieces[level.variant_id]) for level in levels]
    change_levels(changes, Entry(Movement.Action.SOLD, reference=reference, by=by), overdraw=offline)
    return [variants[level.variant_id] for level in levels if level.overdrawn > before[level.pk]]


def _counted_only(lines: Iterable[tuple[Variant, int]]) -> tuple[dict[int, Variant], dict[int, int]]:
    """The variants that need a piece that is there, and how many of each, by their ids."""
    variants: dict[int, Variant] = {}
    pieces: dict[int, int] = {}
    given = list(lines)
    counting = set(
        Variant.objects.filter(pk__in={variant.pk for variant, _pieces in given})
        .filter(product__supply="stock")
        .values_list("pk", flat=True)
    )
    for variant, number in given:
        check_pieces(number)
        if variant.pk in counting:
            variants[variant.pk] = variant
            pieces[variant.pk] = pieces.get(variant.pk, 0) + number
    return variants, pieces


def _check_there(levels: Sequence[StockLevel], pieces: Mapping[int, int], variants: Mapping[int, Variant]) -> None:
    short = [level for level in levels if level.free < pieces[level.variant_id]]
    if short and end_expired_on(levels=short):
        short = [level for level in short if level.free < pieces[level.variant_id]]
    if short:
        raise OutOfStock([_shortage(level, pieces, variants) for level in short])


def _shortage(level: StockLevel, pieces: Mapping[int, int], variants: Mapping[int, Variant]) -> Shortage:
    variant = variants[level.variant_id]
    return Shortage(variant, variant.full_name, pieces[variant.pk], max(0, level.free))
