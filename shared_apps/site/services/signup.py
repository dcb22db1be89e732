"""Correcting the address of an account that is not proved yet."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import User
from shared_apps.accounts.services.registration import RESEND_AFTER, is_verified, resend_code
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.throttle import check_rate


def change_pending_address(*, account: User, new_email: str) -> User:
    """Give an account that waits for its address to be proved another address, and send the code there.

    The caller knows that the visitor made this very account. Locks the user row, one transaction; the address is unique by
    constraint. Raises DomainError on `email`.
    """
    address = new_email.strip().lower()
    check_rate(action="change-address", who=str(account.pk), limit=5, seconds=600)
    try:
        with transaction.atomic():
            user = User.objects.select_for_update().filter(pk=account.pk).first()
            if user is None or is_verified(user) or _is_disputed(user):
                raise DomainError(
                    "address_final",
                    _("This address can no longer be changed here. Log in, or create your account again."),
                    field="email",
                )
            if User.objects.filter(email=address).exclude(pk=user.pk).exists():
                raise _taken()
            if address != user.email:
                _move(user, address)
    except IntegrityError:
        raise _taken() from None
    resend_code(email=address)
    return user


def _is_disputed(user: User) -> bool:
    """Whether two people may have registered this address: neither may take the account elsewhere."""
    return user.email_codes.values("password_hash").distinct().count() > 1


def _move(user: User, address: str) -> None:
    before = user.email
    # Codes sent to the old address prove nothing about the new one, and must not put off the next. They are kept:
    # they tell whether the account was registered with two passwords.
    user.email_codes.update(used_at=timezone.now(), created_at=F("created_at") - RESEND_AFTER)
    EmailAddress.objects.filter(user=user).delete()
    user.email = address
    user.save(update_fields=["email"])
    EmailAddress.objects.create(user=user, email=address, verified=False, primary=True)
    record(
        action="account.address_corrected",
        category=AuditCategory.USER,
        resource=user,
        actor=user,
        before={"email": before},
        after={"email": address},
    )


def _taken() -> Conflict:
    return Conflict(
        "email_taken", _("There is already an account with this address. Log in to continue."), field="email"
    )
