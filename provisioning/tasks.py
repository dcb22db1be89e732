from __future__ import annotations

from celery import shared_task

from provisioning.services import jobs
from shared_apps.core.soon import send_soon


@shared_task
def run_job(job_id: str) -> bool:
    """Work on one job."""
    return jobs.run(job_id)


@shared_task
def sweep() -> int:
    """Hand every job that stopped half-way to a worker."""
    due = jobs.due_jobs()
    for job_id in due:
        send_soon(run_job, str(job_id))
    return len(due)
