"""Reading orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum

from shared_apps.accounts.models import User
from tenant_apps.store.models import (
    BookedForm,
    Order,
    OrderEvent,
    OrderLine,
    ProductImage,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
)

PER_PAGE = 30
Status = Order.Status
# What a list of orders may be narrowed down to, and what waits in each for somebody to act.
VIEWS: dict[str, Q] = {
    "todo": Q(status__in=[Status.CONFIRMED, Status.PREPARING]) | Q(is_short=True),
    "unpaid": Q(status=Status.PENDING),
    "on_the_way": Q(status=Status.SHIPPED),
    "done": Q(status=Status.DELIVERED),
    "to_refund": Q(paid_minor__gt=F("refunded_minor"), status=Status.CANCELLED)
    | Q(paid_minor__gt=F("total_minor") + F("refunded_minor")),
    "cancelled": Q(status=Status.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What staff look for among orders."""

    view: str = ""
    query: str = ""


def list_orders(wanted: OrderFilter, *, page: str | int) -> Page:
    """A page of orders, the latest first, with what the list says of each in constant queries."""
    orders = Order.objects.filter(_in_view(wanted.view))
    if wanted.query:
        orders = orders.filter(_matches(wanted.query))
    found = Paginator(orders.order_by("-created_at", "-number"), PER_PAGE).get_page(page)
    found.object_list = list(found.object_list)
    return found


def _in_view(name: str) -> Q:
    """What a list is narrowed down to; nothing, where there is no such view."""
    wanted = VIEWS.get(name, Q())
    return wanted | Q(pk__in=_overpaid_since_goods_came_back()) if name == "to_refund" else wanted


def _overpaid_since_goods_came_back() -> QuerySet[OrderLine, Any]:
    """The orders that were paid more than what their customer kept costs: with `VIEWS["to_refund"]`, those of which `owed_of`
    says that something is owed."""
    came_back = OrderLine.objects.filter(returned__gt=0).order_by().values("order")
    worth = came_back.annotate(back=Sum(F("unit_minor") * F("returned")))
    unpaid = F("order__total_minor") - F("order__paid_minor") + F("order__refunded_minor")
    return worth.filter(back__gt=unpaid).values("order")


def _matches(query: str) -> Q:
    """By number, by phone as it is typed, by e-mail or by a part of the name."""
    digits = "".join(filter(str.isdigit, query))
    found = Q(name__icontains=query) | Q(email__iexact=query)
    if digits:
        found |= Q(number__startswith=digits)
        if len(digits) >= 6:
            found |= Q(phone__endswith=digits.lstrip("0"))
    return found


def counts() -> dict[str, int]:
    """How many orders wait in each view that asks for something. One query."""
    views = {name: Count("pk", filter=_in_view(name)) for name in ("todo", "unpaid", "on_the_way", "to_refund")}
    return Order.objects.aggregate(**views)


def _with_story(orders: QuerySet[Order]) -> QuerySet[Order]:
    goods = OrderLine.objects.select_related("variant__product")
    lines = Prefetch("lines", goods.defer("variant__product__search_text", "variant__product__search_vector"))
    images = Prefetch("lines__variant__product__images", ProductImage.objects.select_related("photo"))
    shipments = Prefetch("shipments", Shipment.objects.select_related("actor").prefetch_related("lines__line"))
    returns = Prefetch("returns", Return.objects.select_related("actor").prefetch_related("lines__line"))
    events = Prefetch("events", OrderEvent.objects.select_related("actor"))
    return orders.select_related("zone", "user").prefetch_related(lines, images, shipments, returns, events)


def due_of(order: Order) -> int:
    """What of an order is still to be paid, in minor units; nothing of one that is cancelled. What was given back before it was ever paid whole is missing
    again (the customer pays another way); after that it is not, nor at a till, where a sale is paid from the start. One query
    where money was given back, none where its events are read."""
    if order.status == Status.CANCELLED:
        return 0
    if order.refunded_minor and was_paid_whole(order):
        return max(0, order.total_minor - order.paid_minor)
    return max(0, order.total_minor - order.paid_minor + order.refunded_minor)


def was_paid_whole(order: Order) -> bool:
    """Whether an order was ever paid whole. One query, none where its events are read."""
    return order.channel == Order.Channel.TILL or any(event.kind == "paid" for event in order.events.all())


def owed_of(order: Order) -> int:
    """What was paid for what the customer does not have: pieces that came back, or all of a cancelled order; less what was
    given back. In minor units; one query, none where its lines are read."""
    returned = sum(line.unit_minor * line.returned for line in order.lines.all())
    wanted = 0 if order.status == Order.Status.CANCELLED else order.total_minor - returned
    return max(0, order.paid_minor - order.refunded_minor - wanted)


def given_back_of_sale(order: Order) -> int:
    """What was given back of an order's price, in minor units: money that was paid twice goes back first and is no part of it,
    and what was given back before the order was ever paid whole is due again. At most one query."""
    if not order.refunded_minor or (order.status != Order.Status.CANCELLED and not was_paid_whole(order)):
        return 0
    return max(0, order.refunded_minor - max(0, order.paid_minor - order.total_minor))


def sale_of(order: Order) -> int:
    """What an order that stands is as a sale, in minor units: its total less what was given back of it. At most one query."""
    total: int = order.total_minor
    return total - given_back_of_sale(order)


def lines_to_ship(order: Order, *, again: Sequence[UUID] = ()) -> list[tuple[OrderLine, int]]:
    """The lines of an order with pieces left to send, and how many; those of the shipments with these keys count as left, so
    that a form sent twice can be known again. At most one query, where the lines are read."""
    sent = _pieces(ShipmentLine.objects.filter(shipment__in=again, shipment__order=order)) if again else {}
    left = [(line, line.quantity - line.shipped + sent.get(line.pk, 0)) for line in order.lines.all()]
    return [(line, pieces) for line, pieces in left if pieces]


def lines_to_cancel(order: Order, *, again: Sequence[UUID] = ()) -> list[tuple[OrderLine, int]]:
    """The lines of an order with pieces left to send, and how many may be cancelled; those that the forms with these keys
    cancelled count as left. As `lines_to_ship`."""
    forms = (
        BookedForm.objects.filter(key__in=again, content__order=str(order.pk)).values_list("content__pieces", flat=True)
        if again
        else []
    )
    gone = {int(line): number for pieces in forms for line, number in pieces.items()}
    left = [(line, line.quantity - line.shipped + gone.get(line.pk, 0)) for line in order.lines.all()]
    return [(line, pieces) for line, pieces in left if pieces]


def lines_to_take_back(order: Order, *, again: Sequence[UUID] = ()) -> list[tuple[OrderLine, int]]:
    """The lines of an order with pieces that left and did not come back, and how many; those of the returns with these keys
    count as not back. As `lines_to_ship`."""
    back = _pieces(ReturnLine.objects.filter(back__in=again, back__order=order)) if again else {}
    left = [(line, line.shipped - line.returned + back.get(line.pk, 0)) for line in order.lines.all()]
    return [(line, pieces) for line, pieces in left if pieces]


def _pieces(rows: QuerySet[Any]) -> dict[int, int]:
    """Pieces by the ids of their lines. One query."""
    return dict(rows.order_by().values_list("line").annotate(Sum("quantity")))


def order_by_number(number: str) -> Order | None:
    """An order with its lines, by its number; two queries."""
    return Order.objects.filter(number=number).prefetch_related("lines").first()


def order_for_staff(number: str) -> Order | None:
    return _with_story(Order.objects.filter(number=number)).first()


def order_by_link(order_id: Any) -> Order | None:
    return _with_story(Order.objects.filter(pk=order_id)).first()


def orders_of(user: User) -> QuerySet[Order]:
    """What an account ordered, the latest first."""
    return Order.objects.filter(user=user).prefetch_related("lines").order_by("-created_at", "-number")
