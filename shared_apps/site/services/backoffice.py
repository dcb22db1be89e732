"""What platform admins do that belongs to no other room."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from provisioning.models import ProvisioningJob
from provisioning.services.jobs import restart
from provisioning.tasks import run_job
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict
from shared_apps.core.soon import send_soon


def restart_provisioning(*, job_id: UUID, admin: Any) -> None:
    """Start a stuck job again. One transaction, locks the job row; raises Conflict when it is not stuck (any more)."""
    with transaction.atomic():
        job = (
            ProvisioningJob.objects.select_for_update(of=("self",))
            .filter(pk=job_id, status=ProvisioningJob.Status.STUCK)
            .first()
        )
        if job is None:
            raise Conflict("job_not_stuck", _("This workspace is no longer stuck. Refresh the page."))
        restart(job_id=job.pk)
        record(
            action="provisioning.restarted",
            category=AuditCategory.ORGANISATION,
            resource=job,
            actor=admin,
            before={"status": job.status, "attempts": job.attempts},
            after={"status": "queued"},
        )
        transaction.on_commit(lambda: send_soon(run_job, str(job_id)))
