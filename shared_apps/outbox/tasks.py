from __future__ import annotations

from celery import shared_task

from shared_apps.outbox import services


@shared_task
def drain() -> int:
    """Deliver what is due."""
    return services.drain()
