"""The inbox of what providers sent: reads, and one message fit for an admin's eyes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models import WebhookEvent
from billing.providers.transport import mask_phone
from billing.services.webhooks import is_stuck
from shared_apps.core.errors import NotFound

Status = WebhookEvent.Status
MOST_SHOWN = 20_000  # characters of a body
STATES: dict[str, tuple[str | Promise, str]] = {
    Status.RECEIVED: (_("Waiting"), "info"),
    Status.PROCESSED: (pgettext_lazy("message", "Dealt with"), "success"),
    Status.IGNORED: (pgettext_lazy("message", "Not about us"), "neutral"),
    Status.REJECTED: (pgettext_lazy("message", "Forged"), "danger"),
}
STUCK = "stuck"
# Under these names a value is a phone number, whatever it looks like.
_PHONE_NAMES = frozenset(
    {
        "partyid",
        "msisdn",
        "phone",
        "phonenumber",
        "payerphone",
        "nationalnumber",
        "mobile",
        "subscribermsisdn",
        "number",
    }
)
_LONG_NUMBER = re.compile(r"(?<![\w.-])\+?\d{9,15}(?![\w.-])")
_INTERNATIONAL = re.compile(r"\+\d{8,15}")
_EMAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages each provider has, by state, and how many of them are stuck."""

    by_provider: dict[str, dict[str, int]]
    stuck: dict[str, int]

    def of(self, provider: str, state: str) -> int:
        """Those of a provider ("" for all) in a state ("" for all)."""
        chosen = [provider] if provider else [*self.by_provider]
        if state == STUCK:
            return sum(self.stuck.get(name, 0) for name in chosen)
        states = [state] if state else [*STATES]
        return sum(self.by_provider.get(name, {}).get(one, 0) for name in chosen for one in states)


def counts() -> Counts:
    """Two queries, both answered from indexes."""
    by_provider: dict[str, dict[str, int]] = {}
    rows = WebhookEvent.objects.order_by().values_list("provider", "status").annotate(number=Count("pk"))
    for provider, status, number in rows:
        by_provider.setdefault(provider, {})[status] = number
    stuck = WebhookEvent.objects.filter(is_stuck()).order_by().values_list("provider").annotate(number=Count("pk"))
    return Counts(by_provider, dict(stuck))


def events(*, provider: str = "", state: str = "", search: str = "") -> QuerySet[WebhookEvent]:
    """The messages wanted, the newest first, without their bodies. `search`: an order's number, a type, an id."""
    rows = WebhookEvent.objects.select_related("payment__order").defer("body", "headers").order_by("-pk")
    if provider:
        rows = rows.filter(provider=provider)
    if state == STUCK:
        rows = rows.filter(is_stuck())
    elif state:
        rows = rows.filter(status=state)
    return rows.filter(_found_by(search)) if search else rows


def get_event(event_id: int) -> WebhookEvent:
    """One message; raises NotFound."""
    event = WebhookEvent.objects.select_related("payment__order", "payment__method").filter(pk=event_id).first()
    if event is None:
        raise NotFound
    return event


def _found_by(text: str) -> Q:
    found = Q(event_type__icontains=text) | Q(payment__order__number__icontains=text)
    try:
        return found | Q(payment_id=UUID(text))
    except ValueError:
        return found


@dataclass(frozen=True, slots=True)
class Body:
    """What a message says, as text to be shown and never to be run: numbers and addresses of people are masked."""

    text: str
    is_json: bool
    is_cut: bool
    size: int  # bytes, as it came


def body_of(event: WebhookEvent) -> Body:
    """The body of a message in a readable form; whatever it is, it is shown."""
    raw = bytes(event.body)
    text = raw.decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    is_json = False
    try:
        text = json.dumps(_masked(json.loads(text)), indent=2, ensure_ascii=False)
        is_json = True
    except (ValueError, RecursionError):  # not JSON, or nested so deeply that nobody could read it
        text = _mask_text(text)
    return Body(text[:MOST_SHOWN], is_json, len(text) > MOST_SHOWN, len(raw))


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name) for inner in value]
    if name.lower().replace("_", "").replace("-", "") in _PHONE_NAMES and isinstance(value, str | int):
        return mask_phone(str(value))
    if not isinstance(value, str):
        return value
    if _INTERNATIONAL.fullmatch(value):
        return mask_phone(value)
    return _EMAIL.sub(r"\1***@\2", value)


def _mask_text(text: str) -> str:
    return _EMAIL.sub(r"\1***@\2", _LONG_NUMBER.sub(lambda match: mask_phone(match[0]), text))
