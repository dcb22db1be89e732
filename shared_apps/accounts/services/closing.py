"""Closing one's own account, and opening it again."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import OneTimeCode, User
from shared_apps.accounts.services.codes import make_link, use_link
from shared_apps.accounts.services.notices import notify_of_change, tell_apps
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_url
from shared_apps.core.errors import DomainError
from shared_apps.core.personal_data import holders_here
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate
from shared_apps.notifications.services import notify_by_email

LINK_LIFETIME = timedelta(hours=24)


def check_may_close(user: User) -> None:
    """Ask every app of this schema; raises DomainError with the way out. Locks nothing."""
    for _label, holder in holders_here():
        holder.check_may_close(user)


def lock_to_leave(user: User) -> User:
    """Lock what the apps share with others (team, organisations), then the account's row; returns it as it is now.

    In the caller's transaction. In this order everywhere: services of the apps hold theirs when they lock an account.
    """
    for _label, holder in holders_here():
        holder.lock_shared(user)
    return User.objects.select_for_update().get(pk=user.pk)


def close_account(*, user: User) -> None:
    """Close one's own account; it can be opened again for REOPEN_DAYS. Ends every session.

    One transaction, locks as `lock_to_leave`. Raises DomainError when somebody else depends on the account.
    """
    with transaction.atomic():
        check_may_close(lock_to_leave(user))
        closed = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, closed_at=timezone.now())
        if not closed:
            return
        record(
            action="account.closed",
            category=AuditCategory.SECURITY,
            resource=user,
            actor=user,
            before={"is_active": True},
            after={"is_active": False},
        )
        end_all_sessions(user=user, actor=user)
        tell_apps(user)
        notify_of_change(user=user, event="closed", detail=str(settings.REOPEN_DAYS))


def may_reopen(user: User) -> bool:
    """Whether its owner closed the account, and not long ago. One that an admin closed stays closed."""
    return user.closed_at is not None and user.closed_at > timezone.now() - timedelta(days=settings.REOPEN_DAYS)


def send_reopening_link(*, user: User) -> None:
    """Mail a link that opens the account again; call it for somebody who gave the password. Raises TooManyAttempts."""
    check_rate(action="reopen", who=here(user.pk), limit=5, seconds=3600)
    if not may_reopen(user):
        return
    with transaction.atomic():
        token = make_link(user=user, purpose=OneTimeCode.Purpose.REOPEN, destination=user.email, lifetime=LINK_LIFETIME)
        notify_by_email(
            key=f"reopen:{token.partition('-')[0]}",
            template="reopen",
            recipient=user.email,
            locale=user.locale,
            context={"name": user.get_short_name(), "url": own_url(reverse("account_reopen", args=[token]))},
        )


def reopen_account(*, token: str) -> User:
    """Open a closed account by the link that was mailed. One transaction, locks the account's row; raises DomainError."""
    with transaction.atomic():
        link = use_link(token=token, purpose=OneTimeCode.Purpose.REOPEN)
        user = User.objects.select_for_update().get(pk=link.user_id)
        if not may_reopen(user):
            raise DomainError("link_expired", _("This link has expired, or was used already."))
        user.is_active, user.closed_at = True, None
        user.save(update_fields=["is_active", "closed_at"])
        record(
            action="account.reopened",
            category=AuditCategory.SECURITY,
            resource=user,
            actor=user,
            before={"is_active": False},
            after={"is_active": True},
        )
        tell_apps(user)
        notify_of_change(user=user, event="reopened")
        return user
