"""Making accounts and proving addresses."""

from __future__ import annotations

import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import EmailCode, User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.throttle import check_rate, count_one
from shared_apps.notifications.services import notify_by_email

CODE_LIFETIME = timedelta(minutes=30)
RESEND_AFTER = timedelta(seconds=30)
_signer = TimestampSigner(salt="accounts.verify-link")


def register_account(
    *, email: str, password: str, first_name: str = "", last_name: str = "", locale: str = "fr", consent: bool
) -> User:
    """Make an account that waits for its address to be proved, and send the code.

    One transaction; the address is unique by constraint. Somebody who registered before and never proved the address
    starts again with the new password. Raises DomainError on `email`, `password` or `consent`.
    """
    address = email.strip().lower()
    if not consent:
        raise DomainError("consent_required", _("Please accept the terms to continue."), field="consent")
    check_rate(action="register", who=address, limit=5, seconds=600)
    check_password_strength(password, User(email=address, first_name=first_name, last_name=last_name))
    try:
        with transaction.atomic():
            user = User.objects.select_for_update().filter(email=address).first() or User(email=address)
            if not user._state.adding and is_verified(user):
                raise _address_taken()
            user.first_name, user.last_name = first_name.strip(), last_name.strip()
            user.locale, user.consented_at = locale, timezone.now()
            if user._state.adding or not user.check_password(password):
                user.set_password(password)
            user.save()
            EmailAddress.objects.get_or_create(user=user, email=address, defaults={"verified": False, "primary": True})
            record(action="account.registered", category=AuditCategory.USER, resource=user, actor=user)
            _send_code(user)
            return user
    except IntegrityError:
        raise _address_taken() from None


def check_password_strength(password: str, user: User) -> None:
    """Django's validators; raises DomainError on `password`."""
    try:
        validate_password(password, user)
    except ValidationError as weakness:
        raise DomainError("weak_password", " ".join(weakness.messages), field="password") from None


def resend_code(*, email: str) -> None:
    """Send a new code to an address that waits for one, but not twice within RESEND_AFTER. One transaction.

    The same to the caller whatever the address.
    """
    address = email.strip().lower()
    check_rate(action="resend", who=address, limit=5, seconds=600)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=address, is_active=True).first()
        if user is None or is_verified(user):
            return
        latest = user.email_codes.order_by("-created_at").first()
        # Without a word: an answer of its own would tell strangers that the address waits for a code.
        if not latest or latest.created_at <= timezone.now() - RESEND_AFTER:
            _send_code(user)


def verify_email(*, email: str, code: str) -> User:
    """Prove an address by the latest code sent to it. Five wrong tries end a code.

    The try is counted by a guarded UPDATE committed before the comparison, so that parallel guesses count too. Raises
    DomainError on `code`.
    """
    address = email.strip().lower()
    check_rate(action="verify", who=address, limit=15, seconds=600)
    user = User.objects.filter(email=address, is_active=True).first()
    latest = user.email_codes.filter(used_at__isnull=True).order_by("-created_at").first() if user else None
    if user is None or latest is None:
        # As many wrong codes lock an address that nobody waits at, so that strangers cannot tell the two apart.
        tries = count_one(action="code-of-nobody", who=address, seconds=int(CODE_LIFETIME.total_seconds()))
        raise _locked_code() if tries > EmailCode.MAX_TRIES else _wrong_code()
    if latest.expires_at <= timezone.now():
        raise DomainError("code_expired", _("This code has expired. Ask for a new one."), field="code")
    counted = EmailCode.objects.filter(pk=latest.pk, tries__lt=EmailCode.MAX_TRIES).update(tries=F("tries") + 1)
    if not counted:
        raise _locked_code()
    if not constant_time_compare(latest.code_hash, _hash(user, code.strip().replace(" ", ""))):
        raise _wrong_code()
    return _prove(user, latest)


def verify_by_link(*, token: str) -> User:
    """Prove an address by the link in the mail, which carries address and code, signed. Raises DomainError."""
    try:
        payload = _signer.unsign_object(token, max_age=CODE_LIFETIME)
    except BadSignature:
        raise DomainError("link_expired", _("This link has expired. Ask for a new code."), field="code") from None
    return verify_email(email=payload["email"], code=payload["code"])


def is_verified(user: User) -> bool:
    """Whether the account's address was proved."""
    return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


def _prove(user: User, code: EmailCode) -> User:
    with transaction.atomic():
        if not EmailCode.objects.filter(pk=code.pk, used_at__isnull=True).update(used_at=timezone.now()):
            raise _wrong_code()
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        _drop_disputed_password(user)
        record(action="account.verified", category=AuditCategory.USER, resource=user, actor=user)
    return user


def _drop_disputed_password(user: User) -> None:
    """Two registrations with two passwords waited for this address: whose password is the owner's, nobody knows.

    Neither stays. The owner of the mailbox chooses a new one by a link that only the mailbox gets; otherwise somebody
    could register another's address first, or again, and come in by the password they chose.
    """
    if user.email_codes.values("password_hash").distinct().count() < 2:
        return
    user.set_unusable_password()
    user.save(update_fields=["password"])
    notify_by_email(
        key=f"choose-password:{user.pk}",
        template="choose_password",
        recipient=user.email,
        locale=user.locale,
        context={"name": user.get_short_name(), "url": platform_url("/accounts/password/reset/")},
    )


def _send_code(user: User) -> None:
    code = f"{secrets.randbelow(1_000_000):06d}"
    user.email_codes.filter(used_at__isnull=True).update(used_at=timezone.now())
    sent = EmailCode.objects.create(
        user=user,
        code_hash=_hash(user, code),
        password_hash=user.password,
        expires_at=timezone.now() + CODE_LIFETIME,
    )
    token = _signer.sign_object({"email": user.email, "code": code})
    notify_by_email(
        key=f"email-code:{sent.pk}",
        template="email_code",
        recipient=user.email,
        locale=user.locale,
        context={
            "name": user.get_short_name(),
            "code": code,
            "minutes": int(CODE_LIFETIME.total_seconds() // 60),
            "url": platform_url(f"/signup/verify/{token}/"),
        },
    )


def _hash(user: User, code: str) -> str:
    return salted_hmac("accounts.email-code", f"{user.pk}:{code}", algorithm="sha256").hexdigest()


def _locked_code() -> DomainError:
    return DomainError("code_locked", _("Too many wrong codes. Ask for a new one."), field="code")


def _wrong_code() -> DomainError:
    return DomainError("wrong_code", _("This is not the code we sent. Check the six digits."), field="code")


def _address_taken() -> Conflict:
    return Conflict(
        "email_taken", _("There is already an account with this address. Log in to continue."), field="email"
    )
