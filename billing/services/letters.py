"""Letters about one order: to whoever pays it, and to the team. Each in the caller's transaction."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from billing.models import Order
from shared_apps.core.context import platform_url
from shared_apps.notifications.services import notify_by_email


def write_to_payer(order: Order, *, key: str, template: str, **context: Any) -> None:
    """In the order's language, with its number and page; `key` makes it once."""
    told = {"name": order.payer.get_short_name(), "number": order.number, "url": platform_url(f"/orders/{order.pk}/")}
    notify_by_email(
        key=key, template=template, recipient=order.payer.email, locale=order.locale, context={**told, **context}
    )


def write_to_team(order: Order, *, key: str, template: str, path: str, **context: Any) -> None:
    """In the platform's language, with the page of the back office where something is to be done."""
    notify_by_email(
        key=key,
        template=template,
        recipient=settings.SUPPORT_EMAIL,
        locale=settings.LANGUAGE_CODE,
        context={"number": order.number, "url": platform_url(path), **context},
    )
