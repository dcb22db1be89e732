"""Stock for orders: held while an order waits for its money, then sold or given back.

Order of locks: the caller has the order's row locked; levels are locked after it, by id, and products after those. Holds of
an order change only while its row and their levels are both locked. Whoever finds too little ends the holds of orders
whose time is over; their rows are taken only where nobody else has them, so nobody waits for an order while they hold levels.
A transaction that works on several orders locks all their rows first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Hold, Location, Movement, Order, OrderLine, Product, StockLevel, Variant
from tenant_apps.store.rules.allocation import Free, Need, Take, allocate, per_level
from tenant_apps.store.services.product_locks import lock_products
from tenant_apps.store.services.stock_levels import Change, Entry, change_levels, lock_levels


@dataclass(frozen=True, slots=True)
class Shortage:
    """Too little of a variant: so many are wanted, and so many could be had. `variant` is None where it is gone."""

    variant: Variant | None
    name: str
    wanted: int
    available: int


class OutOfStock(DomainError):
    """Less is there than is wanted; `shortages` says of what, all of it."""

    status = 409

    def __init__(self, shortages: Sequence[Shortage], *, field: str = "") -> None:
        self.shortages = list(shortages)
        super().__init__("out_of_stock", _in_words(self.shortages), field=field)


def _in_words(shortages: Sequence[Shortage]) -> str:
    return " ".join(_about(one) for one in shortages)


def _about(shortage: Shortage) -> str:
    if shortage.available < 1:
        return _("“%(name)s” is out of stock.") % {"name": shortage.name}
    words = {"name": shortage.name, "wanted": shortage.wanted, "available": shortage.available}
    return _("Of “%(name)s” %(wanted)s are wanted, and %(available)s are left.") % words


@transaction.atomic
def hold(*, order: Order, until: datetime) -> None:
    """Keep the pieces of every line that counts stock for this order until then.

    The caller has the order's row locked. Locks the levels of its variants in open places that sell online, by id; one
    transaction (a savepoint of the caller's). An order that holds all its pieces only keeps them longer; one that lost
    some takes them again. Raises OutOfStock with everything that is missing, and holds nothing new then.
    """
    lines, held = _lines_of(order), _held_by(order)
    needs = _needs(lines, held)
    if needs:
        levels = lock_levels(_sold_online({need.variant for need in needs}))
        takes, shortages = _find(order, lines, needs, levels)
        if shortages:
            raise OutOfStock(shortages)
        taken = per_level(takes)
        change_levels([Change(level, reserved=taken.get(level.pk, 0)) for level in levels])
        _keep(takes, held)
    _set_until(order, until)


@transaction.atomic
def release(*, order: Order) -> None:
    """Give back what is held for an order; one that holds nothing changes nothing.

    The caller has the order's row locked. Locks the levels of its holds, by id; one transaction (a savepoint of the caller's).
    """
    held = _held_by(order)
    _give_back(held, lock_levels(Q(pk__in={one.level_id for one in held})))
    _set_until(order, None)


@transaction.atomic
def sell(*, order: Order, by: User | None = None) -> list[Shortage]:
    """Turn an order's holds into `sold` movements that name its number. Returns what is missing; empty: all is sold.

    Lines whose holds are gone (the money came late) take what is there. All lines are sold or none: where something is
    missing nothing is sold, and what the order holds it keeps; what it holds beyond its lines (pieces were cancelled) is
    given back in any case. Sells an order once: its caller has the order's row locked, and asks again only for one that is
    still short. Locks the levels of its holds and of what is missing, by id, in one statement; one transaction
    (a savepoint of the caller's).
    """
    lines, held = _lines_of(order), _held_by(order)
    needs = _needs(lines, held)
    wanted = Q(pk__in={one.level_id for one in held})
    if needs:
        wanted |= _sold_online({need.variant for need in needs})
    levels = lock_levels(wanted)
    takes, shortages = _find(order, lines, needs, levels) if needs else ([], [])
    if shortages:
        _give_back_beyond(lines, held, levels)
        return shortages
    _write_sale(order, lines, held, takes, levels, by)
    if order.holds_until is not None:
        _set_until(order, None)
    return []


def _write_sale(
    order: Order,
    lines: Iterable[OrderLine],
    held: Sequence[Hold],
    takes: Iterable[Take],
    levels: Sequence[StockLevel],
    by: User | None,
) -> None:
    reserved, sold = _pieces(held), per_level([*_wanted_of(held, lines), *takes])
    changes = [Change(level, quantity=-sold.get(level.pk, 0), reserved=-reserved.get(level.pk, 0)) for level in levels]
    change_levels(changes, Entry(Movement.Action.SOLD, reference=order.number, by=by))
    Hold.objects.filter(pk__in=[one.pk for one in held]).delete()


@transaction.atomic
def put_back(*, order: Order, pieces: Mapping[int, int], by: User | None = None) -> None:
    """Put pieces that an order bought (how many of which variants, by their ids) back where they came from: they were
    cancelled before they left.

    The caller has the order's row locked. Locks the levels by id; one transaction (a savepoint of the caller's).
    """
    moved = Movement.objects.filter(action__in=[Movement.Action.SOLD, Movement.Action.RETURNED], reference=order.number)
    bought = (
        moved.filter(level__variant__in=pieces).order_by("level").values_list("level").annotate(pieces=-Sum("quantity"))
    )
    there = {level: number for level, number in bought if number > 0}
    levels = lock_levels(Q(pk__in=there))
    needs = [Need(variant, variant, number) for variant, number in pieces.items()]
    takes, _missing = allocate(needs, [Free(level.pk, level.variant_id, there[level.pk]) for level in levels])
    back = per_level(takes)
    changes = [Change(level, quantity=back.get(level.pk, 0)) for level in levels]
    change_levels(changes, Entry(Movement.Action.RETURNED, reference=order.number, by=by))


def lock_levels_to_exchange(*, orders: Iterable[Order], variants: Iterable[int]) -> None:
    """Lock the levels that these orders hold and those that the storefront sells these variants from (by their ids), all in one
    statement, then their products by id: for a transaction that gives the ones back before it takes the others. Step by step,
    two of them could wait for each other.

    In the caller's transaction, which has the orders' rows locked.
    """
    held = Hold.objects.filter(line__order__in=[order.pk for order in orders]).values_list("level_id", flat=True)
    levels = lock_levels(Q(pk__in=set(held)) | _sold_online(variants))
    products = Variant.objects.filter(pk__in={level.variant_id for level in levels}).values_list(
        "product_id", flat=True
    )
    lock_products(Product.objects.filter(pk__in=set(products)))


def end_expired_holds(*, limit: int = 200) -> int:
    """Give back what orders hold that were not paid in time; how many orders. They may still be paid: `sell` takes what is
    there then. One transaction an order; one that somebody works on is left to the next time. For beat.
    """
    due = Order.objects.filter(_time_over()).order_by("holds_until").values_list("pk", flat=True)[:limit]
    return sum(_end_holds_of(pk) for pk in list(due))


@transaction.atomic
def _end_holds_of(pk: UUID) -> bool:
    order = Order.objects.select_for_update(skip_locked=True).filter(_time_over(), pk=pk).first()
    if order is None:
        return False
    release(order=order)
    return True


def _time_over() -> Q:
    return Q(status=Order.Status.PENDING, holds_until__lte=timezone.now())


def _set_until(order: Order, until: datetime | None) -> None:
    Order.objects.filter(pk=order.pk).update(holds_until=until)
    order.holds_until = until


# Reading, once the order's row is locked.


def _lines_of(order: Order) -> list[OrderLine]:
    lines = OrderLine.objects.filter(order=order, counts_stock=True)
    return list(lines.select_related("variant__product").order_by("position", "pk"))


def _held_by(order: Order) -> list[Hold]:
    return list(Hold.objects.filter(line__order=order).order_by("pk"))


def _needs(lines: Iterable[OrderLine], held: Iterable[Hold]) -> list[Need]:
    """What the lines want beyond what is held for them."""
    left = {line.pk: line.quantity for line in lines}
    for one in held:
        left[one.line_id] = left.get(one.line_id, 0) - one.quantity
    return [Need(line.pk, line.variant_id or 0, left[line.pk]) for line in lines if left[line.pk] > 0]


def _wanted_of(held: Iterable[Hold], lines: Iterable[OrderLine]) -> Iterator[Take]:
    """What is held, as far as the lines still want it."""
    left = {line.pk: line.quantity for line in lines}
    for one in held:
        pieces = min(one.quantity, left[one.line_id])
        left[one.line_id] -= pieces
        yield Take(one.line_id, one.level_id, pieces)


def _sold_online(variants: Iterable[int]) -> Q:
    """Levels that the storefront sells from. Places are read first: a statement that locks levels joins nothing."""
    return Q(variant__in=set(variants), location__in=online_places())


def online_places() -> list[int]:
    """The open places that sell online, the first to take from first."""
    places = Location.objects.filter(is_active=True, sells_online=True).order_by("position", "pk")
    return list(places.values_list("pk", flat=True))


def _pieces(holds: Iterable[Hold]) -> Mapping[int, int]:
    """How many pieces are held from each level."""
    return per_level(Take(one.line_id, one.level_id, one.quantity) for one in holds)


# Finding pieces on locked levels.


def _find(
    order: Order, lines: Sequence[OrderLine], needs: Sequence[Need], levels: Sequence[StockLevel]
) -> tuple[list[Take], list[Shortage]]:
    """Where the needed pieces come from. Where there is too little, ends holds whose time is over and looks again."""
    ranked = _in_order_of_places(levels)
    takes, missing = allocate(needs, _free(ranked))
    if missing and end_expired_on(levels=[level for level in levels if level.variant_id in missing], but=order):
        takes, missing = allocate(needs, _free(ranked))
    return takes, _shortages(lines, missing)


def _in_order_of_places(levels: Sequence[StockLevel]) -> list[StockLevel]:
    """Of the places that sell online; a hold may be on another, which was taken off since."""
    rank = {place: number for number, place in enumerate(online_places())}
    online = [level for level in levels if level.location_id in rank]
    return sorted(online, key=lambda level: (rank[level.location_id], level.pk))


def _free(levels: Iterable[StockLevel]) -> list[Free]:
    return [Free(level.pk, level.variant_id, level.free) for level in levels]


def _shortages(lines: Sequence[OrderLine], missing: Mapping[int, int]) -> list[Shortage]:
    """All that is missing, a variant once, in the order of the lines."""
    found: dict[int, Shortage] = {}
    for line in lines:
        variant = line.variant_id or 0
        if variant in missing and variant not in found:
            wanted = sum(one.quantity for one in lines if (one.variant_id or 0) == variant)
            found[variant] = Shortage(line.variant, line.full_name, wanted, wanted - missing[variant])
    return list(found.values())


def end_expired_on(*, levels: Sequence[StockLevel], but: Order | None = None) -> bool:
    """End the holds on these locked levels of pending orders whose time is over; whether there were any.

    Locks the orders' rows, but waits for none: one that somebody works on (it may be paid right now) keeps its pieces.
    What such an order holds on other levels is left to them and to beat. The given levels say what they are afterwards.
    """
    ids = [level.pk for level in levels]
    holding = Hold.objects.filter(level__in=ids).values("line__order")
    orders = Order.objects.filter(_time_over(), pk__in=holding)
    if but:
        orders = orders.exclude(pk=but.pk)
    ended = [order.pk for order in orders.select_for_update(skip_locked=True, of=("self",)).order_by("pk")]
    if not ended:
        return False
    # Looked at anew: only now, with the orders' rows locked, nobody else changes their holds.
    held = list(Hold.objects.filter(level__in=ids, line__order__in=ended))
    _give_back(held, levels)
    return bool(held)


# Writing, with order and levels locked.


def _give_back(held: Sequence[Hold], levels: Sequence[StockLevel]) -> None:
    pieces = _pieces(held)
    change_levels([Change(level, reserved=-pieces.get(level.pk, 0)) for level in levels])
    Hold.objects.filter(pk__in=[one.pk for one in held]).delete()


def _give_back_beyond(lines: Iterable[OrderLine], held: Sequence[Hold], levels: Sequence[StockLevel]) -> None:
    """Give back what is held beyond what the lines still want."""
    wanted = [take.quantity for take in _wanted_of(held, lines)]
    less = [(one, one.quantity - pieces) for one, pieces in zip(held, wanted, strict=True) if one.quantity > pieces]
    given = per_level(Take(one.line_id, one.level_id, pieces) for one, pieces in less)
    change_levels([Change(level, reserved=-given.get(level.pk, 0)) for level in levels])
    for one, pieces in less:
        if pieces == one.quantity:
            one.delete()
        else:
            Hold.objects.filter(pk=one.pk).update(quantity=F("quantity") - pieces)


def _keep(takes: Iterable[Take], held: Iterable[Hold]) -> None:
    """Note the pieces as held: a new row, or more of one that is there."""
    there = {(one.line_id, one.level_id): one.pk for one in held}
    new = []
    for take in takes:
        if pk := there.get((take.key, take.level)):
            Hold.objects.filter(pk=pk).update(quantity=F("quantity") + take.quantity)
        else:
            new.append(Hold(line_id=take.key, level_id=take.level, quantity=take.quantity))
    Hold.objects.bulk_create(new)
