"""Changing the e-mail address and the phone number, each proved before it counts."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import OneTimeCode, SecondFactor, User
from shared_apps.accounts.services.codes import make_link, send_code, use_code, use_link
from shared_apps.accounts.services.factors import remove_code_factor
from shared_apps.accounts.services.notices import notify_of_change, tell_apps
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_url
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate
from shared_apps.notifications.services import notify_by_email

LINK_LIFETIME = timedelta(hours=24)


def ask_email_change(*, user: User, email: str) -> None:
    """Send a link to the new address; nothing changes before it is opened. One transaction, locks the account's row.

    Raises DomainError on `email`, TooManyAttempts after five an hour.
    """
    new = email.strip().lower()
    if new == user.email:
        raise DomainError("same_email", _("This is your address already."), field="email")
    check_rate(action="email-change", who=here(user.pk), limit=5, seconds=3600)
    if User.objects.filter(email=new).exists():
        raise _taken()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        token = make_link(user=user, purpose=OneTimeCode.Purpose.EMAIL, destination=new, lifetime=LINK_LIFETIME)
        notify_by_email(
            key=f"email-change:{token.partition('-')[0]}",
            template="email_change",
            recipient=new,
            locale=user.locale,
            context={
                "name": user.get_short_name(),
                "email": new,
                "url": own_url(reverse("account_email_confirm", args=[token])),
            },
        )


def confirm_email_change(*, token: str) -> User:
    """Make the address that the link was sent to the account's own, and tell the old one.

    One transaction, locks the account's row; addresses are unique by constraint. Raises DomainError, or Conflict when
    the address was taken meanwhile.
    """
    try:
        with transaction.atomic():
            link = use_link(token=token, purpose=OneTimeCode.Purpose.EMAIL)
            user = User.objects.select_for_update().get(pk=link.user_id)
            if not user.is_active:
                raise DomainError("link_expired", _("This link has expired, or was used already."))
            old, user.email = user.email, link.destination
            user.save(update_fields=["email"])
            EmailAddress.objects.filter(user=user).delete()
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            record(
                action="account.email_changed",
                category=AuditCategory.SECURITY,
                resource=user,
                actor=user,
                before={"email": old},
                after={"email": user.email},
            )
            tell_apps(user)
            notify_of_change(user=user, event="email", recipient=old, detail=user.email)
            return user
    except IntegrityError:
        raise _taken() from None


def ask_phone(*, user: User, phone: str) -> None:
    """Send a code to a number (E.164) that the account would have. Raises TooManyAttempts."""
    send_code(user=user, purpose=OneTimeCode.Purpose.PHONE, channel=OneTimeCode.Channel.SMS, destination=phone)


def confirm_phone(*, user: User, code: str) -> str:
    """Make the number that the code was sent to the account's own; returns it. Raises DomainError on `code`.

    One transaction after the code is used up.
    """
    phone = use_code(user=user, purpose=OneTimeCode.Purpose.PHONE, code=code).destination
    _set_phone(user, phone)
    return phone


def remove_phone(*, user: User) -> None:
    """Forget the number, and the codes that went to it at log-in. One transaction, locks the account's row."""
    _set_phone(user, "")


def _set_phone(user: User, phone: str) -> None:
    with transaction.atomic():
        before = User.objects.select_for_update().get(pk=user.pk).phone
        user.phone, user.phone_verified_at = phone, timezone.now() if phone else None
        user.save(update_fields=["phone", "phone_verified_at"])
        if not phone and SecondFactor.objects.filter(user=user, kind=SecondFactor.Kind.SMS).exists():
            remove_code_factor(user=user, kind=SecondFactor.Kind.SMS)
        record(
            action="account.phone_changed",
            category=AuditCategory.SECURITY,
            resource=user,
            actor=user,
            before={"phone": before},
            after={"phone": phone},
        )
        notify_of_change(user=user, event="phone", detail=phone)


def _taken() -> Conflict:
    return Conflict("email_taken", _("Another account has this address. Choose another one."), field="email")
