"""Running provisioning jobs: who may, for how long, and what happens when it goes wrong.

The job row is the truth. A worker takes a lease, does the steps that are not recorded yet, and records each; when the
worker dies the lease runs out and the sweeper hands the job to another.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from provisioning.models import ProvisioningJob, ProvisioningStep
from provisioning.services import steps
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from shared_apps.core.soon import send_soon
from shared_apps.core.tenancy import connection

logger = structlog.get_logger(__name__)

LEASE = timedelta(seconds=20)
MAX_ATTEMPTS = 12


class LeaseLost(Exception):
    """Another worker has taken the job over; this one stops."""


def on_order_paid(payload: dict[str, Any]) -> None:
    """Outbox handler: queue the order's one job, in the caller's transaction, and start it after commit."""
    job, _ = ProvisioningJob.objects.get_or_create(order_id=payload["order_id"])

    from provisioning.tasks import run_job

    transaction.on_commit(lambda: send_soon(run_job, str(job.pk)))


def run(job_id: uuid.UUID | str) -> bool:
    """Do what is left of a job; True when the tenant is live.

    Safe to call any number of times, at once too: only the holder of the lease works. Takes the lease by one guarded
    UPDATE; each step has transactions of its own, none is open between steps.
    """
    job = _take_lease(job_id)
    if job is None:
        return ProvisioningJob.objects.filter(pk=job_id, status=ProvisioningJob.Status.DONE).exists()
    try:
        _run_steps(job)
    except LeaseLost:
        logger.warning("provisioning lease lost", job=str(job.pk))
        return False
    except Exception as error:  # whatever went wrong is kept, logged and tried again; the worker must live on
        connection.set_schema_to_public()
        _put_off(job, error)
        return False
    finally:
        connection.set_schema_to_public()
    return True


def due_jobs() -> list[uuid.UUID]:
    """Jobs that nobody is working on and whose time has come."""
    now = timezone.now()
    return list(_takeable(now).order_by("next_attempt_at").values_list("pk", flat=True)[:100])


def restart(*, job_id: uuid.UUID | str) -> None:
    """A person starts a stuck job again. One guarded UPDATE."""
    ProvisioningJob.objects.filter(pk=job_id, status=ProvisioningJob.Status.STUCK).update(
        status=ProvisioningJob.Status.QUEUED, attempts=0, next_attempt_at=timezone.now()
    )


def _takeable(now: Any) -> Any:
    return ProvisioningJob.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        status__in=[ProvisioningJob.Status.QUEUED, ProvisioningJob.Status.RUNNING],
        next_attempt_at__lte=now,
    )


def _take_lease(job_id: uuid.UUID | str) -> ProvisioningJob | None:
    now, lease_id = timezone.now(), uuid.uuid4()
    taken = (
        _takeable(now)
        .filter(pk=job_id)
        .update(
            status=ProvisioningJob.Status.RUNNING,
            lease_id=lease_id,
            leased_until=now + LEASE,
            attempts=F("attempts") + 1,
        )
    )
    if not taken:
        return None
    job = ProvisioningJob.objects.select_related("order__user", "order__plan_version__plan").get(pk=job_id)
    return job if job.lease_id == lease_id else None


def _run_steps(job: ProvisioningJob) -> None:
    done = set(job.steps.values_list("name", flat=True))
    for name, do_step in steps.STEPS:
        if name in done:
            continue
        started_at = timezone.now()
        do_step(job.order)
        _record(job, name, started_at)
    _finish(job)


def _record(job: ProvisioningJob, name: str, started_at: Any) -> None:
    """Note a finished step and renew the lease, in one transaction; raises LeaseLost."""
    with transaction.atomic():
        now = timezone.now()
        renewed = ProvisioningJob.objects.filter(
            pk=job.pk, lease_id=job.lease_id, status=ProvisioningJob.Status.RUNNING
        ).update(leased_until=now + LEASE)
        if not renewed:
            raise LeaseLost
        ProvisioningStep.objects.bulk_create(
            [ProvisioningStep(job=job, name=name, started_at=started_at, finished_at=now)], ignore_conflicts=True
        )


def _finish(job: ProvisioningJob) -> None:
    ProvisioningJob.objects.filter(pk=job.pk, status=ProvisioningJob.Status.RUNNING).update(
        status=ProvisioningJob.Status.DONE,
        finished_at=timezone.now(),
        leased_until=None,
        lease_id=None,
        last_error="",
    )


def _put_off(job: ProvisioningJob, error: Exception) -> None:
    logger.exception("provisioning failed", job=str(job.pk), attempt=job.attempts)
    stuck = job.attempts >= MAX_ATTEMPTS
    text = f"{type(error).__name__}: {error}"[:2000]
    with transaction.atomic():
        mine = ProvisioningJob.objects.filter(pk=job.pk, lease_id=job.lease_id).update(
            status=ProvisioningJob.Status.STUCK if stuck else ProvisioningJob.Status.QUEUED,
            leased_until=None,
            lease_id=None,
            next_attempt_at=timezone.now() + min(timedelta(seconds=2**job.attempts), timedelta(minutes=10)),
            last_error=text,
        )
        if mine and stuck:
            record(action="provisioning.stuck", category=AuditCategory.ORGANISATION, level=AuditLog.Level.ERROR, resource=job,
                   after={"attempts": job.attempts, "error": text[:300]})  # fmt: skip
