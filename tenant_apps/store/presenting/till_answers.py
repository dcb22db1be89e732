"""What a till's device is told, as JSON can say it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.accounts.phones import show_phone
from tenant_apps.store.models import Invoice, Order, Register, TillSession
from tenant_apps.store.models.till import Method
from tenant_apps.store.rules.offers import Price
from tenant_apps.store.selectors import shop as the_shop
from tenant_apps.store.selectors.documents import invoice_of
from tenant_apps.store.selectors.drawer import drawer_of
from tenant_apps.store.selectors.orders import owed_of
from tenant_apps.store.selectors.till import registers_to_sell, sale_count
from tenant_apps.store.texts.people import segment_name
from tenant_apps.team.access import StaffRequest
from tenant_apps.team.selectors import permissions_of


def standing(request: StaffRequest) -> dict[str, Any]:
    """Who is at the device, what they may do, the shop as receipts show it, and its tills."""
    may = permissions_of(request.user)
    shop = the_shop()
    return {
        "user": {
            "id": str(request.user.pk),
            "name": request.user.get_full_name() or request.user.email,
            "may_discount": "store.give_discounts" in may,
            "may_return": "store.refund_orders" in may,
            "may_find_customers": "store.view_customers" in may,
            "may_add_registers": "store.change_shop" in may,
            "may_see_sessions": "store.change_orders" in may,
        },
        "shop": {
            "name": shop.name,
            "address": shop.address,
            "phone": show_phone(shop.phone),
            "tax_number": shop.tax_number,
            "tax_name": shop.tax_name,
            "tax_rate_bp": shop.tax_rate_bp,
            "zone": timezone.get_current_timezone_name(),
        },
        "registers": [_register(one) for one in registers_to_sell()],
    }


def _register(register: Register) -> dict[str, Any]:
    opened: list[TillSession] = register.open_sessions  # type: ignore[attr-defined]  # prefetched
    return {
        "id": register.pk,
        "name": register.name,
        "place": register.location.name,
        "session": _head(opened[0]) if opened else None,
    }


def _head(session: TillSession) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "register": session.register_id,
        "opened_at": session.opened_at.isoformat(),
        "opened_by": session.opened_by.get_full_name() if session.opened_by else "",
        "opening_minor": session.opening_minor,
        "is_open": session.is_open,
    }


def session(session: TillSession) -> dict[str, Any]:
    """A session with its money; what left the drawer is below zero. `by_method` is read by pages of before, that devices keep."""
    drawer = drawer_of(session)
    by_method = sorted((way.method, way.net_minor) for way in drawer.ways)
    return {
        **_head(session),
        "sales": sale_count(session),
        "by_method": by_method,
        "other_ways": [(method, minor) for method, minor in by_method if method != Method.CASH],
        "cash_taken_minor": drawer.cash.taken_minor,
        "cash_back_minor": -drawer.cash.given_back_minor,
        "put_in_minor": drawer.put_in_minor,
        "taken_out_minor": -drawer.taken_out_minor,
        "expected_minor": drawer.expected_minor,
        "counted_minor": session.counted_minor,
        "difference_minor": session.difference_minor,
    }


def customer(user: User) -> dict[str, Any]:
    """An account of a customer, with what they are given for who they are."""
    known = getattr(user, "customer", None)
    segment = known.segment if known else None
    return {
        "id": str(user.pk),
        "name": user.get_full_name() or user.email,
        "phone": show_phone(user.phone or (known.phone if known else "")),
        "segment": segment_name(segment.key, segment.name) if segment else "",
    }


def why(price: Price) -> str:
    """The reason to show beside a price that is lower than the list's."""
    return price.why.name if price.why else ""


def invoice(issued: Invoice) -> dict[str, Any]:
    """An invoice as devices show it: `url` is that of its file, for whoever has the sale's link."""
    return {
        "number": issued.number,
        "to": issued.customer["name"],
        "url": reverse("store:order_invoice", args=[issued.order_id]),
    }


def past_sale(order: Order) -> dict[str, Any]:
    """A sale with what of it may still come back, what is owed for what did, and its invoice."""
    issued = invoice_of(order.pk)
    return {
        "id": str(order.pk),
        "number": order.number,
        "sold_at": order.created_at.isoformat(),
        "total_minor": order.total_minor,
        "refunded_minor": order.refunded_minor,
        "owed_minor": owed_of(order),
        "invoice": invoice(issued) if issued else None,
        "methods": [payment.method for payment in order.till_payments.all() if payment.amount_minor > 0],
        "lines": [
            {
                "id": line.pk,
                "name": line.full_name,
                "quantity": line.quantity,
                "left": line.shipped - line.returned,
                "unit_minor": line.unit_minor,
            }
            for line in order.lines.all()
        ],
    }
