"""Give the orders that were made before there were subscriptions one each, and book what was paid for them."""

from __future__ import annotations

import uuid
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import migrations
from django.db.models import F

MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}


def add_subscriptions(apps: Any, schema_editor: Any) -> None:
    order_model = apps.get_model("billing", "Order")
    for order in order_model.objects.select_related("organisation").filter(subscription__isnull=True):
        subscription = _subscription_of(apps, order)
        order_model.objects.filter(pk=order.pk).update(subscription=subscription)
        if order.status in ("paid", "fulfilled"):
            _count_as_paid(apps, order)


def _subscription_of(apps: Any, order: Any) -> Any:
    organisation = order.organisation
    values: dict[str, Any] = {}
    if order.status in ("paid", "fulfilled"):
        until = organisation and organisation.paid_until or order.paid_at + relativedelta(months=MONTHS[order.cycle])
        starts_at = until - relativedelta(months=MONTHS[order.cycle])
        values = {"status": "active", "started_at": starts_at, "paid_until": until, "anchor_day": starts_at.day}
    subscription = apps.get_model("billing", "Subscription").objects.create(
        organisation=organisation, plan_version_id=order.plan_version_id, cycle=order.cycle, currency=order.currency, **values
    )  # fmt: skip
    if values:
        apps.get_model("billing", "PaidPeriod").objects.create(
            subscription=subscription, order=order, plan_version_id=order.plan_version_id, cycle=order.cycle,
            starts_at=values["started_at"], ends_at=values["paid_until"],
            full_days=max(1, (values["paid_until"] - values["started_at"]).days),
            value_minor=order.total_minor, currency=order.currency,
        )  # fmt: skip
    return subscription


def _count_as_paid(apps: Any, order: Any) -> None:
    """What was received makes the order's total, and is booked as income."""
    apps.get_model("billing", "Order").objects.filter(pk=order.pk).update(received_minor=F("total_minor"))
    payment = apps.get_model("billing", "Payment").objects.filter(order=order, status="succeeded").first()
    if payment is None:
        return
    payment.applied_minor = payment.amount_minor
    payment.save(update_fields=["applied_minor"])
    journal = apps.get_model("billing", "Journal").objects.create(
        id=uuid.uuid4(), kind="opening", source=f"payment:{payment.pk}", document=order.number, posted_at=order.paid_at
    )
    entry = apps.get_model("billing", "LedgerEntry")
    money = [(f"psp:{payment.method.name}", payment.charge_minor, payment.charge_currency)]
    if payment.charge_currency == order.currency:
        money += [("revenue:subscription", -order.total_minor, order.currency)]
    else:
        money += [
            (f"fx:{order.currency}", -payment.charge_minor, payment.charge_currency),
            (f"fx:{payment.charge_currency}", order.total_minor, order.currency),
            ("revenue:subscription", -order.total_minor, order.currency),
        ]
    entry.objects.bulk_create(
        entry(journal=journal, account=account, amount_minor=minor, currency=currency)
        for account, minor, currency in money
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_subscriptions_and_ledger")]

    operations = [migrations.RunPython(add_subscriptions, migrations.RunPython.noop)]
