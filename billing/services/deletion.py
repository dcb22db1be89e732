"""The end of a subscription: its organisation is closed, and word is left that its data goes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.models import Subscription
from billing.services.commissions import collect_from
from billing.services.orders import is_being_paid
from billing.services.renewals import close_order, lock_with_open_order
from billing.services.subscriptions import move_subscription
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.models import Organisation
from shared_apps.organisations.services.standing import close_organisation
from shared_apps.outbox.services import publish

TOPIC = "subscription.deleted"


def delete_subscription(*, subscription_id: UUID, now: datetime) -> bool:
    """Delete what was cancelled long enough ago: subscription deleted, organisation closed, provisioning told by the outbox.

    One transaction; locks the open order (which is given up), the subscription, the organisation. False when it is not due
    (any more), while money of its open order is on its way, or while what the workspace took of its customers is not all in
    our books: that is settled first. Orders, payments, invoices, the ledger and the log stay.
    """
    if not _takings_are_collected(subscription_id):
        return False
    with transaction.atomic():
        open_order, subscription = lock_with_open_order(subscription_id)
        due = subscription.delete_after
        if subscription.status != Subscription.Status.CANCELLED or due is None or due > now:
            return False
        if open_order and is_being_paid(open_order):
            return False
        if open_order:
            close_order(order=open_order, actor=None, reason="deleted")
        move_subscription(
            subscription=subscription,
            to=Subscription.Status.DELETED,
            action="subscription.deleted",
            details={"due": due.isoformat()},
        )
        organisation = subscription.organisation
        if organisation is not None:
            close_organisation(organisation_id=organisation.pk)
            publish(topic=TOPIC, key=str(subscription.pk), payload={"organisation": str(organisation.pk)})
            _tell_owner(organisation)
        return True


def _takings_are_collected(subscription_id: UUID) -> bool:
    """Collect what the workspace has told for the last time: it can be read only, so nothing comes after it."""
    organisation = Organisation.objects.filter(subscription=subscription_id).exclude(status="closed").first()
    return organisation is None or not collect_from(organisation).left


def _tell_owner(organisation: Organisation) -> None:
    notify_by_email(
        key=f"workspace-deleted:{organisation.pk}",
        template="workspace_deleted",
        recipient=organisation.owner.email,
        locale=organisation.locale,
        context={"name": organisation.owner.get_short_name(), "organisation": organisation.name},
    )
