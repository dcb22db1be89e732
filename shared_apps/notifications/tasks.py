from __future__ import annotations

from celery import shared_task

from shared_apps.notifications import services


@shared_task(runs_when_suspended=True)
def send_due() -> int:
    """Send the e-mails that are due; of a workspace that can only be read, those about people's accounts."""
    return services.send_due_emails()
