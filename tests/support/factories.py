"""Making people, orders and tenants for tests, through the product's own services."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.models import EmailAddress

from billing.models import Order, Payment, Price
from billing.selectors import price_on_sale
from billing.services.orders import Customer, NewOrder, create_order
from billing.services.payments import start_payment
from billing.services.transfers import decide_transfer
from provisioning.models import ProvisioningJob
from provisioning.services import jobs
from shared_apps.accounts.models import User
from shared_apps.organisations.models import Organisation
from shared_apps.outbox.services import drain

PASSWORD = "calme-baobab-2026"
_PLANS = {"store": "premium", "events": "premium", "esxi": "silver"}


def make_user(*, email: str = "", verified: bool = True, password: str = PASSWORD, **fields: Any) -> User:
    """A platform account whose address is proved, unless told otherwise."""
    user = User.objects.create_user(email or f"{uuid.uuid4().hex[:10]}@example.org", password, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    return user


def make_admin(**fields: Any) -> User:
    """A platform admin."""
    return make_user(is_staff=True, **fields)


def price_of(*, product: str = "store", plan: str = "", cycle: str = "monthly", currency: str = "XAF") -> Price:
    """A price on sale."""
    price = price_on_sale(product=product, plan=plan or _PLANS[product], cycle=cycle, currency=currency)
    assert price is not None
    return price


def make_order(*, user: User | None = None, product: str = "store", subdomain: str = "", **options: Any) -> Order:
    """An order that awaits payment."""
    buyer = user or make_user()
    price = price_of(
        product=product, **{key: options.pop(key) for key in ("plan", "cycle", "currency") if key in options}
    )
    values: dict[str, Any] = {
        "organisation_name": "Marché Central",
        "subdomain": subdomain or f"marche-{uuid.uuid4().hex[:10]}",
        "customer": Customer(name="Awa Ndiaye", email=buyer.email, country="CM"),
        "locale": "fr",
    }
    key = options.pop("idempotency_key", None)
    return create_order(user=buyer, new=NewOrder(price=price, **{**values, **options}), idempotency_key=key)


def pay_by_transfer(order: Order) -> Payment:
    """Pay an order by a transfer that an admin approves."""
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    return decide_transfer(payment=payment, admin=make_admin(), approved=True)


def provision(order: Order) -> Organisation:
    """Do what outbox and worker do for a paid order; needs a database where commits are real."""
    drain()
    job = ProvisioningJob.objects.get(order=order)
    assert jobs.run(job.pk), ProvisioningJob.objects.get(pk=job.pk).last_error
    order.refresh_from_db()
    assert order.organisation is not None
    return order.organisation


def make_tenant(*, product: str, subdomain: str, owner: User, name: str = "Marché Central") -> Organisation:
    """A live tenant, made the way customers' are."""
    order = make_order(user=owner, product=product, subdomain=subdomain, organisation_name=name)
    pay_by_transfer(order)
    return provision(order)
