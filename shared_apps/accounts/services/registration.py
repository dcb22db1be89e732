"""Making accounts and proving addresses."""

from __future__ import annotations

import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_public_schema_name

from shared_apps.accounts.models import EmailCode, User
from shared_apps.accounts.policies import Details
from shared_apps.accounts.selectors import account_rules
from shared_apps.accounts.services.consent import note_consents
from shared_apps.accounts.services.details import as_text, check_asked, write_details
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_url
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.core.tenancy import connection, here
from shared_apps.core.throttle import check_rate, count_one, forget
from shared_apps.notifications.services import notify_by_email

CODE_LIFETIME = timedelta(minutes=30)
RESEND_AFTER = timedelta(seconds=30)
_signer = TimestampSigner(salt="accounts.verify-link")
_NOBODY = "code-of-nobody"


def register_account(
    *,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    locale: str = "fr",
    consent: bool,
    marketing: bool = False,
    details: Details | None = None,
    next_path: str = "",
) -> User:
    """Make an account that waits for its address to be proved, and send the code.

    One transaction; the address is unique by constraint. Somebody who registered before and never proved the address
    starts again with the new password. `next_path` is where the link in the mail leads afterwards. Raises DomainError
    on `email`, `password`, `consent` or what this place asks for.
    """
    address = email.strip().lower()
    details = details or Details()
    check_open()
    check_consent(given=consent)
    check_asked(details)
    check_rate(action="register", who=here(address), limit=5, seconds=600)
    check_password_strength(password, User(email=address, first_name=first_name, last_name=last_name))
    try:
        with transaction.atomic():
            user = lock_unproved_account(address)
            user.first_name, user.last_name, user.locale = first_name.strip(), last_name.strip(), locale
            if user._state.adding or not user.check_password(password):
                user.set_password(password)
            user.save()
            finish_registration(user=user, details=details, marketing=marketing, next_path=next_path)
            return user
    except IntegrityError:
        raise address_taken() from None


def finish_registration(
    *, user: User, details: Details, marketing: bool, next_path: str, proved: bool = False, provider: str = ""
) -> None:
    """Keep what came with a new account, and send the code unless its address is proved. In the caller's transaction."""
    write_details(user=user, details=details)
    consents = note_consents(user=user, marketing=marketing)
    address = {"verified": proved, "primary": True}
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults=address)
    after = {"consents": consents, **as_text(details)} | ({"provider": provider} if provider else {})
    record(action="account.registered", category=AuditCategory.USER, resource=user, actor=user, after=after)
    if not proved:
        send_code(user, next_path)


def check_open() -> None:
    """Pass where anybody may register; raises NotAllowed."""
    if not account_rules().registration_open:
        raise NotAllowed("registration_closed", _("New accounts are not open here. Ask the organisation for one."))


def check_consent(*, given: bool) -> None:
    """Pass when terms and privacy notice were accepted; raises DomainError on `consent`."""
    if not given:
        raise DomainError("consent_required", _("Please accept the terms to continue."), field="consent")


def is_address_taken(email: str) -> bool:
    """Whether an account here has this address, proved."""
    return EmailAddress.objects.filter(email=email.strip().lower(), verified=True).exists()


def lock_unproved_account(address: str) -> User:
    """A new account, or the one that waits for this address, locked; raises Conflict when it is proved."""
    user = User.objects.select_for_update().filter(email=address).first()
    if user is not None and is_verified(user):
        raise address_taken()
    return user or User(email=address)


def check_password_strength(password: str, user: User) -> None:
    """Django's validators; raises DomainError on `password`."""
    try:
        validate_password(password, user)
    except ValidationError as weakness:
        raise DomainError("weak_password", " ".join(weakness.messages), field="password") from None


def resend_code(*, email: str, next_path: str = "") -> None:
    """Send a new code to an address that waits for one, but not twice within RESEND_AFTER. One transaction.

    The same to the caller whatever the address.
    """
    address = email.strip().lower()
    check_rate(action="resend", who=here(address), limit=5, seconds=600)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=address, is_active=True).first()
        if user is None or is_verified(user):
            _forget_codes_of_nobody(address)
            return
        latest = user.email_codes.order_by("-created_at").first()
        # Without a word: an answer of its own would tell strangers that the address waits for a code.
        if not latest or latest.created_at <= timezone.now() - RESEND_AFTER:
            send_code(user, next_path)


def verify_email(*, email: str, code: str, password: str | None) -> User:
    """Prove an address by the latest code sent to it. Five wrong tries end a code.

    `password` is what the visitor gave as the account's, None when they are known to have made it: a stranger may have
    registered this address, and its owner must not confirm the stranger's account for them.

    The try is counted by a guarded UPDATE committed before the comparison, so that parallel guesses count too. Raises
    DomainError on `code` or `password`.
    """
    address = email.strip().lower()
    check_rate(action="verify", who=here(address), limit=15, seconds=600)
    user = User.objects.filter(email=address, is_active=True).first()
    # Once the address is proved, a code that was left is no way in: the account may ask for more than that by now.
    user = None if user is None or is_verified(user) else user
    latest = user.email_codes.filter(used_at__isnull=True).order_by("-created_at").first() if user else None
    if user is None or latest is None:
        # As many wrong codes lock an address that nobody waits at, so that strangers cannot tell the two apart.
        tries = count_one(action=_NOBODY, who=here(address), seconds=int(CODE_LIFETIME.total_seconds()))
        raise _locked_code() if tries > EmailCode.MAX_TRIES else _wrong_code()
    if latest.expires_at <= timezone.now():
        raise DomainError("code_expired", _("This code has expired. Ask for a new one."), field="code")
    counted = EmailCode.objects.filter(pk=latest.pk, tries__lt=EmailCode.MAX_TRIES).update(tries=F("tries") + 1)
    if not counted:
        raise _locked_code()
    if not constant_time_compare(latest.code_hash, _hash(user, code.strip().replace(" ", ""))):
        raise _wrong_code()
    if password is not None and not user.check_password(password):
        raise DomainError(
            "wrong_password",
            _("This is not the password chosen when this account was made. If you do not know it, choose a new one."),
            field="password",
        )
    return _prove(user, latest)


def address_of_link(token: str) -> str:
    """The address that the link in the mail would prove; empty when the link has expired or is none of ours."""
    return _read_link(token).get("email", "")


def verify_by_link(*, token: str, password: str | None) -> tuple[User, str]:
    """Prove an address by the link in the mail, which carries address, code and where to go on, signed.

    `password` as in `verify_email`. Returns the account and that path, which may be empty. Raises DomainError.
    """
    payload = _read_link(token)
    if not payload:
        raise DomainError("link_expired", _("This link has expired. Ask for a new code."), field="code")
    user = verify_email(email=payload["email"], code=payload["code"], password=password)
    return user, payload.get("next", "")


def _read_link(token: str) -> dict[str, str]:
    """What `send_code` signed; empty when it is too old or was not signed by us."""
    try:
        payload: dict[str, str] = _signer.unsign_object(token, max_age=CODE_LIFETIME)
    except BadSignature:
        return {}
    return payload


def is_verified(user: User) -> bool:
    """Whether the account's address was proved."""
    return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


def _forget_codes_of_nobody(address: str) -> None:
    """Where nobody waits, asking for a code gives five new tries too, as often as a code would be sent."""
    if count_one(action=f"{_NOBODY}-sent", who=here(address), seconds=int(RESEND_AFTER.total_seconds())) == 1:
        forget(action=_NOBODY, who=here(address))


def _prove(user: User, code: EmailCode) -> User:
    with transaction.atomic():
        # Another registration of this address waits here, or has ended the code by now.
        user = User.objects.select_for_update().get(pk=user.pk)
        if not EmailCode.objects.filter(pk=code.pk, used_at__isnull=True).update(used_at=timezone.now()):
            raise _wrong_code()
        _drop_disputed_password(user)
        note_proved(user)
    return user


def note_proved(user: User) -> None:
    """The account's owner reads the mail of its address: no code is waited for. In the caller's transaction."""
    user.email_codes.filter(used_at__isnull=True).update(used_at=timezone.now())
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    record(action="account.verified", category=AuditCategory.USER, resource=user, actor=user)


def _drop_disputed_password(user: User) -> None:
    """Two registrations with two passwords waited for this address: whose password is the owner's, nobody knows.

    Neither stays, nor does a Google or Facebook account that came with one. The owner of the mailbox chooses a new
    password by a link that only the mailbox gets; otherwise somebody could register another's address first, or again,
    and come in by the way they chose.
    """
    if user.email_codes.values("password_hash").distinct().count() < 2:
        return
    SocialAccount.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    notify_by_email(
        key=f"choose-password:{user.pk}",
        template="choose_password",
        recipient=user.email,
        locale=user.locale,
        context={"name": user.get_short_name(), "url": own_url(reverse("account_reset_password"))},
    )


def send_code(user: User, next_path: str = "") -> None:
    """Queue a new code; those before it end. Part of the caller's transaction, which holds the person's row."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    user.email_codes.filter(used_at__isnull=True).update(used_at=timezone.now())
    sent = EmailCode.objects.create(
        user=user,
        code_hash=_hash(user, code),
        password_hash=user.password,
        expires_at=timezone.now() + CODE_LIFETIME,
    )
    token = _signer.sign_object({"email": user.email, "code": code, **({"next": next_path} if next_path else {})})
    notify_by_email(
        key=f"email-code:{sent.pk}",
        template="email_code",
        recipient=user.email,
        locale=user.locale,
        context={
            "name": user.get_short_name(),
            "code": code,
            "minutes": int(CODE_LIFETIME.total_seconds() // 60),
            "url": own_url(_verify_path(token)),
        },
    )


def _verify_path(token: str) -> str:
    """The platform's sign-up has steps of its own; everywhere else the pages of accounts do."""
    on_platform = connection.schema_name == get_public_schema_name()
    return reverse("signup_verify" if on_platform else "account_signup_verify", args=[token])


def _hash(user: User, code: str) -> str:
    return salted_hmac("accounts.email-code", f"{user.pk}:{code}", algorithm="sha256").hexdigest()


def _locked_code() -> DomainError:
    return DomainError("code_locked", _("Too many wrong codes. Ask for a new one."), field="code")


def _wrong_code() -> DomainError:
    return DomainError("wrong_code", _("This is not the code we sent. Check the six digits."), field="code")


def address_taken() -> Conflict:
    """What to tell somebody whose address has an account."""
    return Conflict(
        "email_taken", _("There is already an account with this address. Log in to continue."), field="email"
    )
