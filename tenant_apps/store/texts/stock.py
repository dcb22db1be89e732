"""Movements of stock in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from tenant_apps.store.models import Movement


@dataclass(frozen=True, slots=True)
class ActionWords:
    """What a kind of movement is called, and its icon."""

    title: str | Promise
    icon: str


ACTIONS: dict[str, ActionWords] = {
    Movement.Action.RECEIVED: ActionWords(pgettext_lazy("stock", "Received"), "truck"),
    Movement.Action.SOLD: ActionWords(pgettext_lazy("stock", "Sold"), "shopping-cart"),
    Movement.Action.RETURNED: ActionWords(pgettext_lazy("stock", "Returned"), "undo-2"),
    Movement.Action.ADJUSTED: ActionWords(pgettext_lazy("stock", "Corrected"), "pencil"),
    Movement.Action.COUNTED: ActionWords(pgettext_lazy("stock", "Counted"), "clipboard-list"),
    Movement.Action.SENT: ActionWords(pgettext_lazy("stock", "Sent to another place"), "arrow-right"),
    Movement.Action.ARRIVED: ActionWords(pgettext_lazy("stock", "Arrived from another place"), "arrow-left"),
}
