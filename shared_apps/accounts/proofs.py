"""The ways of proving who one is: at log-in after the password, and before a dangerous act."""

from __future__ import annotations

from django.utils.translation import gettext as _

from shared_apps.accounts.models import OneTimeCode, User
from shared_apps.accounts.services.codes import open_code, send_code, use_code
from shared_apps.accounts.services.factors import factor_kinds, use_recovery_code, use_totp
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate

SENT = ("email", "sms")


def ways_at_log_in(user: User) -> list[str]:
    """What is asked after the password, the safest first; nothing without a second factor."""
    return factor_kinds(user)


def ways_to_confirm(user: User) -> list[str]:
    """How somebody who is logged in proves themselves: password or app, else by a code to their address.

    Who came in by hand-over or a provider has no password here.
    """
    strong = ["password"] if user.has_usable_password() else []
    if "totp" in factor_kinds(user):
        strong.append("totp")
    return strong or ["email"]


def send_proof(*, user: User, way: str, purpose: str) -> None:
    """Send the code of a way that needs one. Raises TooManyAttempts."""
    destination = user.phone if way == "sms" else user.email
    send_code(user=user, purpose=purpose, channel=way, destination=destination)


def is_sent(*, user: User, way: str, purpose: str) -> bool:
    """Whether a code of this way is under way, so that there is something to type."""
    code = open_code(user=user, purpose=purpose)
    return code is not None and code.channel == way


def check_proof(*, user: User, way: str, answer: str, purpose: str) -> None:
    """Pass, or raise DomainError on the field of the answer, or TooManyAttempts."""
    if way == "password":
        check_rate(action="confirm-password", who=here(user.pk), limit=10, seconds=600)
        if not user.check_password(answer):
            raise DomainError("wrong_password", _("This is not your password."), field="answer")
    elif way == "totp":
        use_totp(user=user, code=answer)
    elif way == "recovery":
        use_recovery_code(user=user, code=answer)
    else:
        use_code(user=user, purpose=purpose, code=answer)


LOG_IN, CONFIRM = OneTimeCode.Purpose.LOG_IN, OneTimeCode.Purpose.CONFIRM
