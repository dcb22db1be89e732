"""Tries to log in: how many are allowed, and the record of each."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.core.errors import TooManyAttempts
from shared_apps.core.request_info import request_info
from shared_apps.core.templatetags.ui import moment
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_address_rate, forget, locked_until

_ACTION = "login-account"


def check_may_log_in(*, email: str, method: str, device: str = "") -> None:
    """Count one try at an account, before its password is looked at; raises TooManyAttempts.

    The account is the address within its schema, whatever host leads there and whether or not it exists: one try more
    than LOCKOUT_FAILURES without a right password among them locks it for LOCKOUT_SECONDS. A browser that logged in
    before (`device`) is counted on its own, so that strangers cannot keep the owner out.
    """
    until = locked_until(
        action=_ACTION,
        who=_account(email, device),
        limit=settings.LOCKOUT_FAILURES,
        seconds=settings.LOCKOUT_SECONDS,
    )
    if until is None:
        return
    record_attempt(email=email, method=method, reason=LoginAttempt.Reason.LOCKED)
    raise TooManyAttempts(
        "account_locked",
        _("Too many wrong passwords. Try again after %(time)s, or choose a new password now.")
        % {"time": moment(until)},
        extra={"retry_after": max(1, round((until - timezone.now()).total_seconds()))},
    )


def check_address_may_log_in() -> None:
    """Count one try of the caller's IP address, over all hosts, pages and API alike; raises TooManyAttempts."""
    check_address_rate("login")


def check_address_may_ask_for_link() -> None:
    """Count one form for a new password of the caller's IP address, as for log-in; raises TooManyAttempts."""
    check_address_rate("reset")


def forget_failures(*, email: str, device: str = "") -> None:
    """Count anew: the right password was given, or a new one was chosen by the link that only the mailbox gets."""
    for bucket in {"", device}:
        forget(action=_ACTION, who=_account(email, bucket))


def record_attempt(*, email: str, method: str, user: User | None = None, reason: str = "") -> LoginAttempt:
    """Note a try to log in; without a reason it succeeded. Takes no lock.

    Without `user` the account of that address is looked up, so that its owner sees who tried.
    """
    info = request_info()
    typed = email.strip().lower()[:254]
    return LoginAttempt.objects.create(
        email=typed,
        user=user or User.objects.filter(email=typed).first(),
        method=method,
        succeeded=not reason,
        reason=reason,
        ip=info.ip,
        user_agent=info.user_agent[:300],
        country=info.country,
    )


def _account(email: str, device: str) -> str:
    return here(f"{email.strip().lower()}:{device}")
