"""Data of two tenants for every argument that an address takes, and full of canaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern
from django_tenants.utils import tenant_context

from billing.models import Order, Payment, PaymentMethod
from billing.services.payments import start_payment
from billing.services.transfers import upload_receipt
from billing.signing import callback_token
from provisioning.models import ProvisioningJob
from shared_apps.accounts.handover import handover_url
from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant, as_tenant
from shared_apps.organisations.models import Organisation
from tenant_apps.esxi.models import Server
from tenant_apps.esxi.tests.support import make_server
from tenant_apps.events.models import Calendar, Event
from tenant_apps.events.tests.support import make_event
from tenant_apps.store.models import Product, Shop
from tenant_apps.store.tests.support import make_photo, make_product
from tenant_apps.team.tests.support import photo_bytes
from tests.security.canaries import canary_of, subdomain_of
from tests.support.factories import make_order

# Arguments by name of the address; "" for those that mean the same everywhere.
Samples = dict[str, dict[str, Any]]


class NoSample(LookupError):
    """An address takes an argument that nobody made a sample for."""


def arguments_for(name: str, pattern: URLPattern, samples: Samples) -> dict[str, Any]:
    """What to call an address with; raises NoSample."""
    wanted = pattern.pattern.regex.groupindex
    known = {**samples.get("", {}), **samples.get(name, {})}
    missing = [key for key in wanted if key not in known]
    if missing:
        raise NoSample(f"{name}: add {missing} to tests/security/samples.py")
    return {key: known[key] for key in wanted}


def workspace_samples(tenant: Tenant) -> Samples:
    """Fill a tenant with canaries, and say what to call its addresses with. Leaves the connection where it was."""
    canary = canary_of(subdomain_of(tenant))
    with tenant_context(tenant):
        owner = User.objects.get(is_staff=True, member__role__key="owner")
        User.objects.filter(pk=owner.pk).update(first_name=canary, last_name=canary)
        photo = make_photo(owner)
        samples: Samples = {
            "": {"colour": "b0303a", "uidb36": "1", "key": "set-password"},
            "team:media": {"path": photo.file_name(photo.widths[0], "webp")},
            **_PRODUCTS[tenant.product](canary),
        }
        platform_id = owner.platform_user_id
    owner_outside = User.objects.get(pk=platform_id)
    token = handover_url(user=owner_outside, tenant=tenant).split("/enter/")[1].strip("/")
    return {**samples, "enter": {"token": token}}


def _store(canary: str) -> Samples:
    Shop.objects.update(name=canary, description=canary)
    slugs = {}
    for state, publish in (("shown", True), ("draft", False)):
        product = make_product(f"{state} {canary[-1]}", publish=publish)
        Product.objects.filter(pk=product.pk).update(name=f"{canary} {state}", description=canary)
        slugs[state] = product.slug
    return {"": {"slug": slugs["draft"], "colour": "b0303a", "uidb36": "1", "key": "set-password"},
            "store:product": {"slug": slugs["shown"]}}  # fmt: skip


def _events(canary: str) -> Samples:
    Calendar.objects.update(name=canary, description=canary)
    slugs = {}
    for state, publish in (("shown", True), ("draft", False)):
        event = make_event(f"{state} {canary[-1]}", publish=publish)
        Event.objects.filter(pk=event.pk).update(title=f"{canary} {state}", description=canary)
        slugs[state] = event.slug
    shown = {"slug": slugs["shown"]}
    return {
        "": {"slug": slugs["draft"], "colour": "b0303a", "uidb36": "1", "key": "set-password"},
        **dict.fromkeys(("events:event", "events:event_ics", "events:staff_cancel_event"), shown),
    }


def _esxi(canary: str) -> Samples:
    server = make_server(1)
    Server.objects.filter(pk=server.pk).update(name=canary, username=canary)
    return {"": {"server_id": server.pk, "colour": "b0303a", "uidb36": "1", "key": "set-password"}}


_PRODUCTS: dict[str, Callable[[str], Samples]] = {"store": _store, "events": _events, "esxi": _esxi}


def platform_samples(subdomain: str) -> Samples:
    """An organisation of the platform full of canaries, with an order that waits for its transfer to be checked."""
    canary = canary_of(subdomain)
    texts = {"billing_name": canary, "billing_address": canary, "tax_number": canary}
    Organisation.objects.filter(domains__domain=f"{subdomain}.localhost").update(name=canary, **texts)
    organisation = Organisation.objects.get(domains__domain=f"{subdomain}.localhost")
    User.objects.filter(pk=organisation.owner_id).update(first_name=canary, last_name=canary)
    owner = User.objects.get(pk=organisation.owner_id)
    order = make_order(user=owner, product=organisation.product, organisation_name=canary)
    Order.objects.filter(pk=order.pk).update(customer_name=canary, customer_address=canary)
    payment = _transfer(order)
    momo = _mobile_money(owner)
    return {
        "": {
            "id": order.pk, "order_id": order.pk, "payment_id": payment.pk, "organization_id": organisation.pk,
            "uidb36": "1", "key": "set-password", "token": "not-a-token",
            "plan_id": organisation.plan_version.plan_id,
        },
        "organisation_enter": {"id": organisation.pk},
        "backoffice_transfer": {"id": payment.pk},
        "backoffice_receipt": {"id": payment.receipts.get().pk},
        "backoffice_restart_job": {"id": ProvisioningJob.objects.get(order__organisation=organisation).pk},
        "hook-momo": {"payment_id": momo.pk, "token": callback_token(momo.pk)},
    }  # fmt: skip


def _transfer(order: Order) -> Payment:
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    receipt = SimpleUploadedFile("recu.png", photo_bytes(kind="PNG", colour="#0a0a0a"), "image/png")
    upload_receipt(payment=payment, upload=receipt, user=order.user)
    payment.refresh_from_db()
    return payment


def _mobile_money(owner: User) -> Payment:
    """An attempt that was made and that MTN has not heard of."""
    order = make_order(user=owner)
    method = PaymentMethod.objects.get(name="mtn_momo")
    return Payment.objects.create(
        order=order, method=method, amount_minor=order.total_minor, currency=order.currency,
        charge_minor=order.total_minor, charge_currency=order.currency, expires_at=order.expires_at,
    )  # fmt: skip


def tenant_of(subdomain: str) -> Tenant:
    """A ready tenant as requests see it."""
    return as_tenant(
        Organisation.objects.select_related("plan_version__plan").get(domains__domain=f"{subdomain}.localhost")
    )
