from __future__ import annotations

from celery import shared_task

from provisioning.services import housekeeping, jobs, ready
from shared_apps.core.soon import send_soon
from shared_apps.organisations.services.impersonation import end_expired_impersonations


@shared_task
def run_job(job_id: str) -> bool:
    """Work on one job, then make up for the ready schema it took."""
    done = jobs.run(job_id)
    if done:
        send_soon(keep_schemas_ready)
    return done


@shared_task
def keep_schemas_ready() -> int:
    """Have a few schemas of every product ready."""
    return ready.replenish()


@shared_task
def sweep() -> int:
    """Hand every job that stopped half-way to a worker."""
    due = jobs.due_jobs()
    for job_id in due:
        send_soon(run_job, str(job_id))
    return len(due)


@shared_task
def clean_up() -> int:
    """Delete what has been kept long enough, on the platform and in every tenant."""
    return housekeeping.clean_up()


@shared_task
def end_expired_visits() -> int:
    """Note the end of platform admins' visits whose time is over."""
    return end_expired_impersonations()


@shared_task
def sweep_mail() -> int:
    """Have every tenant's due mail sent, even where the task that should was lost."""
    return housekeeping.sweep_mail()
