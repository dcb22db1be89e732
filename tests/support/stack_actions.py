"""What a stack's test asks for, through the product's services: `pay` a new order, make an `admin`, look at an
`order`; have a `till` in a shop, and look at its `takings` and its `till_day`."""

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


def till(name: str) -> dict[str, object]:
    """A register of that name in the ready shop with two articles to sell; how its owner logs in."""
    from django_tenants.utils import tenant_context

    from tenant_apps.store.models import Product, Variant
    from tenant_apps.store.tests.support import make_variants
    from tenant_apps.store.tests.till_support import make_register, owner
    from tests.support.factories import PASSWORD
    from tests.support.tenants import ready_tenant

    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        user = owner()
        user.set_password(PASSWORD)
        user.save()
        for article in ("Pagne wax", "Riz"):
            if not Product.objects.filter(name=article).exists():
                [variant] = make_variants(5_000, article, price_minor=1_500)
                Variant.objects.filter(pk=variant.pk).update(barcode=f"61900{variant.pk:08}")
        codes = list(Variant.objects.order_by("pk").values_list("barcode", flat=True))
        return {"host": tenant.host, "email": user.email, "register": make_register(name).pk, "codes": codes}


def takings() -> dict[str, object]:
    """What the ready shop's tills have booked: orders, money, pieces, and whether the numbers have a gap."""
    from django.db.models import Sum
    from django_tenants.utils import tenant_context

    from tenant_apps.store.models import Movement, Order, OrderDay, OrderLine, TillPayment, TillSale, TillTask
    from tests.support.tenants import ready_tenant

    with tenant_context(ready_tenant("store-a")):
        return {
            "orders": Order.objects.count(),
            "numbered": OrderDay.objects.aggregate(sum=Sum("last"))["sum"],
            "sales": TillSale.objects.filter(state="accepted").count(),
            "offline": TillSale.objects.filter(is_offline=True).count(),
            "money": TillPayment.objects.aggregate(sum=Sum("amount_minor"))["sum"],
            "totals": Order.objects.aggregate(sum=Sum("total_minor"))["sum"],
            "pieces": OrderLine.objects.aggregate(sum=Sum("quantity"))["sum"],
            "sold": -(Movement.objects.filter(action="sold").aggregate(sum=Sum("quantity"))["sum"] or 0),
            "tasks": TillTask.objects.count(),
        }


def till_day(register: str) -> dict[str, object]:
    """What the last session of a register came to, by its report, by the orders' reports, and in documents."""
    from django.utils import timezone
    from django_tenants.utils import tenant_context

    from tenant_apps.store.models import Invoice, TillSale, TillSession, TillTask
    from tenant_apps.store.rules.periods import named_period
    from tenant_apps.store.selectors import reports
    from tenant_apps.store.selectors.till_report import report_of
    from tests.support.tenants import ready_tenant

    with tenant_context(ready_tenant("store-a")):
        session = TillSession.objects.filter(register=register).latest("opened_at")
        told = report_of(session)
        documents = Invoice.objects.filter(order__till_sale__session=session)
        now, _before = reports.totals(named_period("7d", now=timezone.localtime()))
        made = TillSale.objects.filter(session=session, order__isnull=False).order_by("local_number")
        numbers = list(made.values_list("order__number", flat=True))
        return {
            "numbered_as_made": numbers == sorted(numbers),
            "sales": told.sales, "offline": told.offline, "listed": told.list_minor, "discount": told.discount_minor,
            "sold": told.sold_minor, "returned": told.returned_minor,
            "ways": [(way.method, way.taken_minor, way.given_back_minor) for way in told.drawer.ways],
            "cash": [session.opening_minor, session.expected_minor, session.counted_minor, session.difference_minor],
            "reports": now.sales,
            "tasks": TillTask.objects.filter(sale__session=session).count(),
            "documents": sorted((one.kind, one.customer["name"], one.total_minor) for one in documents),
        }  # fmt: skip


ACTIONS = {"pay": pay, "admin": admin, "order": order, "till": till, "takings": takings, "till_day": till_day}

if __name__ == "__main__":
    django.setup()
    print(json.dumps(ACTIONS[sys.argv[1]](*sys.argv[2:])))
