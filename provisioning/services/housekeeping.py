"""What is deleted every night, on the platform and in every tenant, and mail that nobody was told to send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from shared_apps.accounts.models import ApiSession, EmailCode, HandoverUse, LoginAttempt, OneTimeCode
from shared_apps.accounts.services.identity import purge_identity_files
from shared_apps.audit.services import delete_expired_entries, delete_in_batches
from shared_apps.core.soon import send_soon
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import sendable
from shared_apps.notifications.tasks import send_due
from shared_apps.organisations.fleet import in_every_tenant, live_organisations, surviving
from shared_apps.organisations.services.erasure import forget_old_invitations
from shared_apps.outbox.models import OutboxMessage
from tenant_apps.team.services import erasure as team

MAIL_DAYS = 90
ATTEMPT_DAYS = 365
SESSION_DAYS = 30  # an ended log-in over the API, for people to see that it was theirs
CODE_DAYS = 30  # used or run out; disputes about an address are seen from them
OUTBOX_DAYS = 30
INVITATION_DAYS = 90  # accepted, taken back or run out: afterwards an expired one is not sent again, but made anew


def clean_up() -> int:
    """Delete what has been kept long enough, everywhere; how many rows. Call it on the public schema.

    No lock is held for long: rows go in batches, each in a statement of its own. May be repeated and interrupted.
    """
    now = timezone.now()
    deleted = clean_schema() + forget_old_invitations(before=now - timedelta(days=INVITATION_DAYS))
    deleted += delete_in_batches(OutboxMessage.objects.filter(done_at__lt=now - timedelta(days=OUTBOX_DAYS)))
    return deleted + in_every_tenant(_clean_tenant, what="clean up")


def _clean_tenant() -> int:
    return clean_schema() + team.forget_old_invitations(before=timezone.now() - timedelta(days=INVITATION_DAYS))


def clean_schema() -> int:
    """The same in the current schema alone, and the papers of identity checks that are settled."""
    rows = delete_expired_entries() + sum(delete_in_batches(rows) for rows in _finished_with())
    return rows + purge_identity_files()


def _finished_with() -> list[QuerySet[Any]]:
    now = timezone.now()

    def before(days: int) -> Any:
        return now - timedelta(days=days)

    of_browser = Session.objects.filter(session_key=OuterRef("session_key"))
    ended = Q(ended_at__lt=before(SESSION_DAYS)) | Q(expires_at__lt=before(SESSION_DAYS))
    return [
        Session.objects.filter(expire_date__lt=now),
        # A log-out, or a hand-over that went on under another key, deletes the session alone.
        UserSession.objects.filter(~Exists(of_browser)),
        HandoverUse.objects.filter(used_at__lt=before(1)),
        BlacklistedToken.objects.filter(token__expires_at__lt=now),
        OutstandingToken.objects.filter(expires_at__lt=now),
        ApiSession.objects.filter(ended),
        EmailCode.objects.filter(expires_at__lt=before(CODE_DAYS)),
        OneTimeCode.objects.filter(expires_at__lt=before(CODE_DAYS)),
        LoginAttempt.objects.filter(at__lt=before(ATTEMPT_DAYS)),
        Delivery.objects.filter(status=Delivery.Status.SENT, sent_at__lt=before(MAIL_DAYS)),
        Delivery.objects.filter(status=Delivery.Status.FAILED, created_at__lt=before(MAIL_DAYS)),
        # The last word to somebody who is forgotten names their address.
        Delivery.objects.filter(template="account_erased").exclude(status=Delivery.Status.QUEUED),
    ]


def sweep_mail() -> int:
    """Have the mail of tenants sent whose own task was lost; how many tenants have some. On the public schema.

    One short query a tenant. The sender of each tenant is told, and sends: a mail server that hangs holds up none of this.
    """
    waiting = 0
    for organisation in live_organisations():
        with surviving(organisation, "sweep mail"), tenant_context(organisation):
            if sendable().exists():
                send_soon(send_due, expires=60)
                waiting += 1
    return waiting
