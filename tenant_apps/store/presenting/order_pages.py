"""An order as pages tell it, to customers and to staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenant_apps.payments.models import Payment
from tenant_apps.payments.selectors import giving_back_minor
from tenant_apps.store.models import Order, OrderEvent
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors.checkout import CASH
from tenant_apps.store.selectors.orders import due_of, owed_of
from tenant_apps.store.texts.orders import EVENTS, STATUSES, Words, status_words
from tenant_apps.store.texts.reports import method_text

Status = Order.Status
WAY = (Status.PENDING, Status.CONFIRMED, Status.PREPARING, Status.SHIPPED, Status.DELIVERED)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything a page says of an order beyond its row. Amounts are in minor units of the order's currency."""

    status: Words
    steps: list[dict[str, Any]]
    events: list[dict[str, Any]]
    due_minor: int  # still to be paid
    owed_minor: int  # to be given back, or on its way
    returning_minor: int  # of it, on its way
    is_waiting: bool  # a payment is on its way

    @property
    def to_give_minor(self) -> int:
        """What somebody has to give back still."""
        return max(0, self.owed_minor - self.returning_minor)


def story_of(order: Order, *, payments: Sequence[Payment], for_staff: bool = False) -> Story:
    """What became of an order, from its row, its events and its payments, which the caller has read."""
    return Story(
        status=status_words(order),
        steps=_steps(order),
        events=[_event(order, event, for_staff=for_staff) for event in reversed(order.events.all())],
        due_minor=due_of(order),
        owed_minor=owed_of(order),
        returning_minor=giving_back_minor(payments),
        is_waiting=any(payment.status in Payment.OPEN for payment in payments),
    )


def _steps(order: Order) -> list[dict[str, Any]]:
    """The way of an order, for `components/steps.html`; none for one that is cancelled."""
    if order.status == Status.CANCELLED:
        return []
    here = WAY.index(Status(order.status))
    if here == len(WAY) - 1:
        here += 1  # it is delivered: nothing is under way
    names = {**STATUSES, order.status: status_words(order)}
    if not _was_to_be_paid_first(order):
        names[Status.PENDING] = EVENTS["placed"]
    states = ["done" if place < here else "current" if place == here else "todo" for place in range(len(WAY))]
    return [{"label": names[step].text, "state": state} for step, state in zip(WAY, states, strict=True)]


def _was_to_be_paid_first(order: Order) -> bool:
    """Whether an order waits for its payment before anything else, or did."""
    return order.status == Status.PENDING or (order.method != CASH and order.total_minor > 0)


def _event(order: Order, event: OrderEvent, *, for_staff: bool) -> dict[str, Any]:
    """One line of the history, for `components/timeline.html`."""
    words = EVENTS[event.kind]
    return {
        "title": words.text,
        "icon": words.icon,
        "tone": words.tone,
        "at": event.created_at,
        "text": _detail(order, event),
        "who": event.actor.get_full_name() if for_staff and event.actor else "",
    }


def _detail(order: Order, event: OrderEvent) -> str:
    data = event.data
    told = [str(one) for one in data.get("goods", [])]
    if event.kind == "sent" and "pieces" in data:
        told.append(ngettext("%(number)s piece", "%(number)s pieces", data["pieces"]) % {"number": data["pieces"]})
    if "minor" in data:
        told.append(price_text(data["minor"], currency=order.currency))
    if data.get("method"):
        told.append(method_text(data["method"]))
    if data.get("carrier"):
        told.append(str(data["carrier"]))
    if data.get("tracking"):
        told.append(_("tracking number %(number)s") % {"number": data["tracking"]})
    if data.get("reason"):
        told.append(str(data["reason"]))
    return " · ".join(told)
