"""How somebody came to an order: with their account, or by the link that was sent. The page is the same."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Order
from billing.signing import pay_path, pay_token
from shared_apps.core.context import platform_url
from shared_apps.core.numbers import reader_locale

_BY_ACCOUNT = {
    "page": "order", "status": "order_status", "pay": "order_pay", "check": "order_check", "receipt": "order_receipt",
    "cancel": "order_cancel", "renew": "order_renew",
}  # fmt: skip
_BY_LINK = {
    "page": "pay", "status": "pay_status", "pay": "pay_start", "check": "pay_check", "receipt": "pay_receipt",
    "renew": "pay_renew",
}  # fmt: skip
# In the session: the link by which this browser went to PayPal, to come back by.
_LINK = "pay_link"


@dataclass(frozen=True, slots=True)
class Door:
    """An order, and the addresses of its page for who came this way. A link says nothing of a person, and cancels nothing."""

    order: Order
    by_link: bool = False

    @property
    def urls(self) -> dict[str, str]:
        """Where the page's parts and buttons lead, by what they do."""
        arguments = {"id": self.order.pk, **({"token": pay_token(self.order.pk)} if self.by_link else {})}
        names = _BY_LINK if self.by_link else _BY_ACCOUNT
        return {what: reverse(name, kwargs=arguments) for what, name in names.items()}

    @property
    def url(self) -> str:
        """The page itself."""
        return self.urls["page"]

    def of(self, order: Order) -> Door:
        """The same way to another order."""
        return Door(order, by_link=self.by_link)


def remember_link(request: HttpRequest, order: Order) -> None:
    """This browser leaves for PayPal from a pay link."""
    request.session[_LINK] = str(order.pk)


def left_by_link(request: HttpRequest, order_id: object) -> bool:
    """Whether this browser left for PayPal from the order's pay link."""
    return bool(request.session.get(_LINK) == str(order_id))


def share_links(order: Order) -> dict[str, str]:
    """The pay link to pass on: to copy, and as a message of WhatsApp."""
    url = platform_url(pay_path(order.pk))
    words = _("%(organisation)s: %(amount)s to pay (order %(number)s).") % {
        "organisation": order.organisation_name,
        "amount": order.due.display(reader_locale()),
        "number": order.number,
    }
    return {"url": url, "whatsapp": f"https://wa.me/?text={quote(f'{words} {url}')}"}
