from __future__ import annotations

from celery import shared_task

from shared_apps.organisations.fleet import in_every_tenant
from shared_apps.usage import services


@shared_task
def recount() -> int:
    """Compare every tenant's counters with the truth; how many had to be mended."""
    return in_every_tenant(services.recount, what="recount")
