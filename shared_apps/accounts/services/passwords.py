"""Choosing a password."""

from __future__ import annotations

import uuid

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from shared_apps.accounts.models import User
from shared_apps.accounts.services.attempts import forget_failures
from shared_apps.accounts.services.notices import notify_of_change
from shared_apps.accounts.services.registration import is_verified, note_proved
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_url
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import count_one
from shared_apps.notifications.services import notify_by_email

LINKS_AN_HOUR = 3


def set_password(*, user: User, password: str, keep: str = "", device: str = "", by_mail: bool = False) -> None:
    """Give the account a password that was checked, and end every session but the one with the key `keep`.

    One transaction, locks the account's row. The owner is told by mail; a locked account can be tried again, from the
    browser `device` too, which has a count of its own (`accounts.devices`). A link opened `by_mail` proves an address that waited
    for it; the Google or Facebook account it was made with may be a stranger's: it goes.
    """
    with transaction.atomic():
        before = {"password": User.objects.select_for_update().get(pk=user.pk).has_usable_password()}
        user.set_password(password)
        user.save(update_fields=["password"])
        record(
            action="account.password_changed",
            category=AuditCategory.SECURITY,
            resource=user,
            actor=user,
            before=before,
            after={"password": True},
        )
        if by_mail and not is_verified(user):
            SocialAccount.objects.filter(user=user).delete()
            note_proved(user)
        end_all_sessions(user=user, keep=keep, actor=user)
        notify_of_change(user=user, event="password")
    forget_failures(email=user.email, device=device)


def send_reset_link(*, user: User, path: str) -> None:
    """Queue the mail with the link to choose a new password, on the host this account belongs to.

    After LINKS_AN_HOUR nothing is sent, without a word: an answer of its own would tell that there is an account.
    """
    if count_one(action="password-reset", who=here(user.pk), seconds=3600) > LINKS_AN_HOUR:
        return
    notify_by_email(
        key=f"password-reset:{uuid.uuid4()}",
        template="password_reset",
        recipient=user.email,
        locale=user.locale,
        context={"name": user.get_short_name(), "url": own_url(path)},
    )
