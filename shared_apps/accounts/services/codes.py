"""Single-use codes and links for somebody who has an account. Only keyed hashes are kept."""

from __future__ import annotations

import secrets
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from shared_apps.accounts.models import OneTimeCode, User
from shared_apps.core.errors import DomainError, TooManyAttempts
from shared_apps.core.tenancy import connection, here
from shared_apps.core.throttle import caller, check_rate, count_one
from shared_apps.notifications.services import notify_by_email, notify_by_sms

logger = structlog.get_logger(__name__)

CODE_LIFETIME = timedelta(minutes=10)
RESEND_AFTER = timedelta(seconds=30)
HOUR, DAY = 3600, 86_400
# A text message costs us money, pays whoever owns a premium number, and rings at strangers'. Accounts are free to make, so
# a limit by account is none. One number an hour, over all tenants: three typing errors and a lost message.
SMS_TO_A_NUMBER = 5
# One IP address an hour: an office, or a family behind one mobile gateway.
SMS_FROM_AN_ADDRESS = 20
# One schema a day, against callers with many addresses: what a busy day of a large workspace needs, and a bill we can bear.
SMS_A_DAY = 500


def send_code(*, user: User, purpose: str, channel: str, destination: str) -> None:
    """Send a new code, which replaces the one before; not twice within RESEND_AFTER, ten an hour at most, fewer by SMS.

    One transaction, locks the account's row. Raises TooManyAttempts.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        latest = open_code(user=user, purpose=purpose)
        if latest and latest.destination == destination and latest.created_at > timezone.now() - RESEND_AFTER:
            return
        check_rate(action="one-time-code", who=here(user.pk), limit=10, seconds=HOUR)
        if channel == OneTimeCode.Channel.SMS:
            _check_sms(user, destination)
        code = f"{secrets.randbelow(1_000_000):06d}"
        sent = _replace(user=user, purpose=purpose, channel=channel, destination=destination, secret=code)
        context = {"name": user.get_short_name(), "code": code, "minutes": int(CODE_LIFETIME.total_seconds() // 60)}
        notify = notify_by_sms if channel == OneTimeCode.Channel.SMS else notify_by_email
        notify(
            key=f"one-time-code:{sent.pk}",
            template="one_time_code",
            recipient=destination,
            locale=user.locale,
            context=context,
        )


def _check_sms(user: User, number: str) -> None:
    """Count one text message against the limits above; raises TooManyAttempts."""
    # Whose number is proved is limited by their account alone: strangers must not use up the codes they log in with.
    if number != user.phone:
        check_rate(action="sms-number", who=number, limit=SMS_TO_A_NUMBER, seconds=HOUR)
    check_rate(action="sms-address", who=caller(), limit=SMS_FROM_AN_ADDRESS, seconds=HOUR)
    if count_one(action="sms-day", who=here("all"), seconds=DAY) > SMS_A_DAY:
        logger.error("no more text messages today")
        raise TooManyAttempts(
            "sms_used_up",
            _("We cannot send more text messages today. Try another way, or come back tomorrow."),
            extra={"retry_after": DAY},
        )


def use_code(*, user: User, purpose: str, code: str) -> OneTimeCode:
    """The code that was sent, once. Raises DomainError on `code`.

    The try is counted by a guarded UPDATE committed before the comparison, so that parallel guesses count too; five
    wrong ones end a code.
    """
    latest = open_code(user=user, purpose=purpose)
    if latest is None:
        raise DomainError("code_expired", _("This code has expired. Ask for a new one."), field="code")
    if not OneTimeCode.objects.filter(pk=latest.pk, tries__lt=OneTimeCode.MAX_TRIES).update(tries=F("tries") + 1):
        raise DomainError("code_locked", _("Too many wrong codes. Ask for a new one."), field="code")
    if not _fits(latest, user, code.replace(" ", "")) or not _take(latest):
        raise wrong_code()
    return latest


def make_link(*, user: User, purpose: str, destination: str, lifetime: timedelta) -> str:
    """The secret part of a link to be mailed to `destination`; it replaces the one before.

    It works in this schema only, once, and only while the account's own address stays what it is.
    """
    secret = secrets.token_urlsafe(24)
    channel = OneTimeCode.Channel.EMAIL
    sent = _replace(
        user=user, purpose=purpose, channel=channel, destination=destination, secret=secret, lifetime=lifetime
    )
    return f"{sent.pk}-{secret}"


def read_link(*, token: str, purpose: str) -> OneTimeCode:
    """What a link stands for, without using it; raises DomainError when it works no longer, or never did here."""
    number, _sep, secret = token.partition("-")
    found = (
        OneTimeCode.objects.select_related("user")
        .filter(pk=int(number), purpose=purpose, used_at__isnull=True, expires_at__gt=timezone.now())
        .first()
        if number.isascii() and number.isdecimal() and len(number) < 19
        else None
    )
    if found is None or not _fits(found, found.user, secret):
        raise DomainError("link_expired", _("This link has expired, or was used already."))
    return found


def use_link(*, token: str, purpose: str) -> OneTimeCode:
    """Redeem a link: a guarded UPDATE makes it single-use. Call it in the transaction of what it allows."""
    found = read_link(token=token, purpose=purpose)
    if not _take(found):
        raise DomainError("link_expired", _("This link has expired, or was used already."))
    return found


def open_code(*, user: User, purpose: str) -> OneTimeCode | None:
    """The code that would be accepted now, if any."""
    return (
        user.one_time_codes.filter(purpose=purpose, used_at__isnull=True, expires_at__gt=timezone.now())
        .order_by("-created_at", "-pk")
        .first()
    )


def wrong_code() -> DomainError:
    """The one answer to every wrong code."""
    return DomainError("wrong_code", _("This code is not right. Check it, or take the newest one."), field="code")


def _replace(
    *, user: User, purpose: str, channel: str, destination: str, secret: str, lifetime: timedelta = CODE_LIFETIME
) -> OneTimeCode:
    now = timezone.now()
    user.one_time_codes.filter(purpose=purpose, used_at__isnull=True).update(used_at=now)
    return OneTimeCode.objects.create(
        user=user,
        purpose=purpose,
        channel=channel,
        destination=destination,
        code_hash=_hash(user, purpose, destination, secret),
        expires_at=now + lifetime,
    )


def _take(code: OneTimeCode) -> bool:
    return bool(OneTimeCode.objects.filter(pk=code.pk, used_at__isnull=True).update(used_at=timezone.now()))


def _fits(code: OneTimeCode, user: User, secret: str) -> bool:
    return constant_time_compare(code.code_hash, _hash(user, code.purpose, code.destination, secret))


def _hash(user: User, purpose: str, destination: str, secret: str) -> str:
    bound = "|".join((connection.schema_name, str(user.pk), user.email, purpose, destination, secret))
    return salted_hmac("accounts.one-time-code", bound, algorithm="sha256").hexdigest()
