from __future__ import annotations

from celery import shared_task

from shared_apps.notifications import services


@shared_task
def send_due() -> int:
    """Send the e-mails that are due."""
    return services.send_due_emails()
