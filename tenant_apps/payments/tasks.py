from __future__ import annotations

from uuid import UUID

from celery import shared_task

from shared_apps.organisations.current import as_tenant, inside
from shared_apps.organisations.fleet import ALIVE, in_every_tenant, surviving
from shared_apps.organisations.models import Organisation
from tenant_apps.payments.services import health, notices, refunds, resolve, reversals, watching


# Money that comes is believed whatever the standing of the workspace.
@shared_task(runs_when_suspended=True)
def resolve_payment(payment_id: str) -> str:
    """Ask the provider about one payment."""
    return resolve.resolve_payment(payment_id).status


@shared_task(runs_when_suspended=True)
def send_refund(refund_id: str) -> str:
    """Give one refund to its provider, or ask what became of it."""
    return refunds.send_refund(refund_id).status


@shared_task(runs_when_suspended=True)
def look_at_notice(notice_id: int) -> str:
    """Look at one webhook."""
    return notices.look_at_notice(notice_id).status


@shared_task(runs_when_suspended=True)
def sync_reversals(payment_id: str) -> int:
    """Ask what was taken back of one payment."""
    return reversals.sync_reversals(payment_id)


@shared_task(runs_when_suspended=True)
def check_method(name: str) -> bool:
    """Ask one way's provider whether it would take payments now."""
    return health.check_method(name)


@shared_task
def poll_due() -> int:
    """Have asked about everything whose time has come, in those tenants alone that have something due."""
    due = [UUID(member) for member in watching.due_tenants()]
    if not due:
        return 0
    found = 0
    rows = Organisation.objects.filter(pk__in=due, status__in=ALIVE).select_related(
        "plan_version__plan", "subscription"
    )
    for organisation in rows:
        with surviving(organisation, "poll payments"), inside(as_tenant(organisation)):
            found += watching.poll_here()
    return found


@shared_task
def sweep() -> int:
    """Note again, for every tenant that takes money, when something is due: what Redis may have lost."""
    return in_every_tenant(watching.sweep_taking_money, what="note due payments")


@shared_task
def delete_old_notices() -> int:
    """Delete webhooks that have been kept long enough, of every tenant that takes money."""
    return in_every_tenant(
        lambda: notices.delete_old_notices() if watching.takes_money() else 0, what="delete old webhooks"
    )
