"""What a stack's test asks for, through the product's services: `pay` a new order, make an `admin`, look at an
`order`."""

from __future__ import annotations

import json
import sys

import django


def pay() -> str:
    """Make an order and have its transfer approved; the order's id."""
    from tests.support.factories import make_order, pay_by_transfer

    order = make_order(product="store")
    pay_by_transfer(order)
    return str(order.pk)


def admin() -> str:
    """Make a platform admin; the address."""
    from tests.support.factories import make_admin

    return make_admin().email


def order(order_id: str) -> dict[str, object]:
    """How far an order is, and how many tenants and ready-mails it has."""
    from billing.models import Order
    from shared_apps.notifications.models import Delivery
    from shared_apps.organisations.models import Organisation

    found = Order.objects.get(pk=order_id)
    return {
        "status": found.status,
        "tenants": Organisation.objects.filter(owner_id=found.user_id).count(),
        "mails": Delivery.objects.filter(template="workspace_ready", recipient=found.user.email).count(),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps({"pay": pay, "admin": admin, "order": order}[sys.argv[1]](*sys.argv[2:])))
