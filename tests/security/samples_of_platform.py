"""The same for the platform's own host: an organisation with its people, an order, a transfer to be checked."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from billing.models import (
    Commission,
    Coupon,
    Invoice,
    Order,
    Payment,
    PaymentMethod,
    Payout,
    Plan,
    ReconciliationRun,
    Refund,
    TaxRate,
    WebhookEvent,
)
from billing.money import Money
from billing.services.documents import make_pdf
from billing.services.payments import start_payment
from billing.services.refunds import request_refund
from billing.services.statements import import_statement, keep_statement
from billing.services.transfers import upload_receipt
from billing.signing import callback_token, pay_token
from provisioning.models import ProvisioningJob
from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant, as_tenant
from shared_apps.organisations.models import Impersonation, Invitation, Membership, Organisation
from tenant_apps.team.tests.support import photo_bytes
from tests.security.canaries import canary_of
from tests.security.samples import Samples, account_samples
from tests.support.factories import make_admin, make_order, make_user


def platform_samples(subdomain: str) -> Samples:
    """An organisation of the platform full of canaries, and what to call the addresses with."""
    canary = canary_of(subdomain)
    texts = {"billing_name": canary, "billing_address": canary, "tax_number": canary}
    Organisation.objects.filter(domains__domain=f"{subdomain}.localhost").update(name=canary, **texts)
    organisation = Organisation.objects.select_related("owner").get(domains__domain=f"{subdomain}.localhost")
    samples = account_samples(organisation.owner, canary)
    order, payment = _order(organisation, canary)
    samples[""] |= {
        "id": organisation.pk, "organization_id": organisation.pk, "plan_id": organisation.plan_version.plan_id,
        "order_id": order.pk, "payment_id": payment.pk, **_people(organisation, canary),
    }  # fmt: skip
    own_order = {"id": order.pk}
    invoice = Invoice.objects.filter(subscription__organisation=organisation).earliest("issued_at")
    make_pdf(invoice_id=invoice.pk)  # nothing of a request stays: each would draw it anew
    other_plan = Plan.objects.filter(product=organisation.product).exclude(versions=organisation.plan_version_id)[0]
    momo = _mobile_money(organisation.owner)
    payout = {"id": _payout(organisation, canary).pk}
    return {
        **samples,
        **{f"order{what}": own_order for what in _ORDER_PAGES},
        **dict.fromkeys(
            [f"pay{what}" for what in ("", "_status", "_start", "_check", "_receipt", "_renew")], _pay_link(canary)
        ),
        "backoffice_subscription_change": {"id": organisation.subscription.pk, "action": "extend"},
        **{key: {"id": payment.pk} for key in ("backoffice_transfer", "backoffice_transfer_decision")},
        **{f"backoffice_payment{what}": {"id": payment.pk} for what in ("", "_ask", "_refund", "_decide")},
        **{what: {"id": invoice.pk} for what in ("invoice", "backoffice_invoice_certify")},
        **{what: {"invoice_id": invoice.pk} for what in ("api-invoice", "api-invoice-download")},
        **dict.fromkeys(("payout", "backoffice_payout"), payout),
        "organisation_plan_change": {"id": organisation.pk, "name": other_plan.name},
        "backoffice_refund": {"id": _refund(organisation).pk},
        "backoffice_receipt": {"id": payment.receipts.get().pk},
        "backoffice_restart_job": {"id": ProvisioningJob.objects.get(order__organisation=organisation).pk},
        "backoffice_identity_check": {"id": samples["backoffice_identity_file"]["id"]},
        **dict.fromkeys(("backoffice_visit_open", "backoffice_visit_end"), _visit(organisation)),
        **_selling(organisation, canary),
        **_desks(order),
        "hook-momo": {"payment_id": momo.pk, "token": callback_token(momo.pk)},
    }


_ORDER_PAGES = ("", "_status", "_pay", "_check", "_return", "_cancelled", "_receipt", "_cancel", "_renew")


def _refund(organisation: Organisation) -> Refund:
    """Part of what the organisation paid, to be sent back by hand."""
    paid = Payment.objects.filter(order__organisation=organisation, status=Payment.Status.SUCCEEDED).earliest(
        "created_at"
    )
    amount = Money(1, paid.received_currency)
    return request_refund(payment=paid, amount=amount, reason="support", actor=make_admin())


def _payout(organisation: Organisation, canary: str) -> Payout:
    """A statement of one sale, and a sale that is on none."""
    payout = Payout.objects.create(
        organisation=organisation, number=f"R-{canary[-1]}", currency="XAF", month=date(2026, 1, 1), status="draft",
        gross_minor=1_000, refunds_minor=0, commission_minor=30, net_minor=970, seller={"name": "Baobab"},
        customer={"organisation": canary, "address": canary}, locale="fr",
    )  # fmt: skip
    for stated in (payout, None):
        Commission.objects.create(
            organisation=organisation, event_id=uuid.uuid4(), kind="collected", method="mtn_momo", held_by="platform",
            reference=canary, currency="XAF", gross_minor=1_000, rate_bp=300, commission_minor=30,
            occurred_at=timezone.now(), payout=stated,
        )  # fmt: skip
    return payout


def _selling(organisation: Organisation, canary: str) -> Samples:
    """The organisation's plan, a coupon and a tax rate."""
    plan = {"id": organisation.plan_version.plan_id}
    coupon = {"id": Coupon.objects.create(code=f"SAMPLE-{ord(canary[-1])}", percent=10).pk}
    rate = {"id": TaxRate.objects.order_by("pk").values_list("pk", flat=True)[0]}
    return {
        **dict.fromkeys(("backoffice_plan", "backoffice_plan_edit", "backoffice_plan_sale"), plan),
        **dict.fromkeys(("backoffice_coupon", "backoffice_coupon_edit", "backoffice_coupon_switch"), coupon),
        **dict.fromkeys(("backoffice_tax_end", "backoffice_tax_withdraw"), rate),
    }


def _desks(order: Order) -> Samples:
    """A bank statement that names the order, what a provider sent, and a night's questions."""
    rows = f"Date;Libellé;Montant;Référence\n{order.created_at:%d/%m/%Y};VIREMENT {order.number};25000;{order.number}"
    upload = SimpleUploadedFile("releve.csv", rows.encode())
    statement = keep_statement(upload=upload, currency="XAF", admin=make_admin())
    import_statement(statement=statement, admin=make_admin())
    event = WebhookEvent.objects.create(provider="mtn_momo", dedupe_key=order.number, body=b"{}")
    night, _ = ReconciliationRun.objects.get_or_create(night=order.created_at.date())
    return {
        "backoffice_statement": {"id": statement.pk},
        "backoffice_line": {"id": statement.lines.get().pk},
        **{key: {"id": event.pk} for key in ("backoffice_webhook", "backoffice_webhook_replay")},
        **{f"backoffice_provider_{what}": {"name": "mtn_momo"} for what in ("check", "switch", "breaker")},
        "backoffice_reconciliation_night": {"id": night.pk},
    }


def _visit(organisation: Organisation) -> dict[str, Any]:
    """A visit of another admin to the workspace, which goes on."""
    visit = Impersonation.objects.create(
        organisation=organisation, admin=make_admin(), person_id=organisation.owner_id, person="x", reason="support",
        started_at=timezone.now(), expires_at=timezone.now() + timedelta(minutes=20),
    )  # fmt: skip
    return {"id": visit.pk}


def _people(organisation: Organisation, canary: str) -> dict[str, Any]:
    """Somebody with a place, who may be removed, and an invitation that waits."""
    user = make_user(email=f"{canary}@example.org".lower(), first_name=canary)
    member = Membership.objects.create(organisation=organisation, user=user, role=Membership.Role.MEMBER)
    invitation = Invitation.objects.create(
        organisation=organisation, email=f"invited-{canary.lower()}@example.org", role=Membership.Role.MEMBER,
        token_hash=canary, locale="fr", invited_by=organisation.owner, expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return {"member": member.pk, "member_id": member.pk, "invitation": invitation.pk}


def _order(organisation: Organisation, canary: str) -> tuple[Order, Payment]:
    order = make_order(user=organisation.owner, product=organisation.product, organisation_name=canary)
    Order.objects.filter(pk=order.pk).update(customer_name=canary, customer_address=canary)
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    receipt = SimpleUploadedFile("recu.png", photo_bytes(kind="PNG", colour="#0a0a0a"), "image/png")
    upload_receipt(payment=payment, upload=receipt, user=order.user)
    payment.refresh_from_db()
    return order, payment


def _pay_link(canary: str) -> dict[str, Any]:
    """The pay link of an order that is full of somebody's details, of which whoever has the link sees none."""
    order = make_order(user=make_user(first_name=canary, last_name=canary))
    Order.objects.filter(pk=order.pk).update(
        customer_name=canary, customer_address=canary, customer_email=f"{canary}@example.org", tax_number=canary
    )
    return {"id": order.pk, "token": pay_token(order.pk)}


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
