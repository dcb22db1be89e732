"""What workers do for a workspace that is not paid: next to nothing."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from django_tenants.utils import tenant_context

from baobab.celery import app
from billing.services.life import advance_subscriptions
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import notify_by_email
from shared_apps.notifications.tasks import send_due
from shared_apps.organisations.models import Organisation
from tests.support.subscriptions import ended
from tests.support.tenants import ready_tenant

# A task closes its connection when it is done.
pytestmark = pytest.mark.usefixtures("committed_db")


def after(days: float) -> str:
    """The id of a workspace whose paid time ended so many days ago."""
    subscription = ended("store-a", days=days)
    advance_subscriptions()
    return str(subscription.organisation_id)


def test_tasks_of_the_workspace_do_not_run() -> None:
    ran: list[str] = []

    @app.task(name="tests.touch", bind=False)
    def touch() -> str:
        ran.append("x")
        return "done"

    for days, outcome in ((-3, ["x"]), (12, ["x"])):
        organisation_id = after(days)
        touch.apply(headers={"tenant_id": organisation_id})
        assert ran == outcome


def test_only_mails_about_accounts_leave() -> None:
    after(12)
    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        for template in ("password_reset", "team_place"):
            notify_by_email(
                key=template, template=template, recipient="a@example.org", locale="fr",
                context={"name": "A", "url": "http://x", "organisation": "B", "role": "C"},
            )  # fmt: skip
    send_due.apply(headers={"tenant_id": str(tenant.pk)})
    assert len(mail.outbox) == 1
    with tenant_context(tenant):
        assert Delivery.objects.get(key="password_reset").status == "sent"
        assert Delivery.objects.get(key="team_place").status == "queued"
    connection.set_schema_to_public()
    Organisation.objects.filter(pk=tenant.pk).update(status="active")
    send_due.apply(headers={"tenant_id": str(tenant.pk)})
    assert len(mail.outbox) == 2


def test_a_task_of_a_deleted_workspace_is_refused() -> None:
    tenant = ready_tenant("store-a")
    Organisation.objects.filter(pk=tenant.pk).update(status="closed")
    result = send_due.apply(headers={"tenant_id": str(tenant.pk)})
    assert result.state in ("REJECTED", "FAILURE")
