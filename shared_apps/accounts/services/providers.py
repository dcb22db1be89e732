"""Accounts made or entered through Google and Facebook."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import User
from shared_apps.accounts.policies import Details
from shared_apps.accounts.services import registration
from shared_apps.accounts.services.details import check_asked
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.notifications.services import notify_by_email


def register_with_provider(
    *,
    account: SocialAccount,
    email: str,
    email_proved: bool,
    first_name: str,
    last_name: str,
    locale: str,
    consent: bool,
    marketing: bool,
    details: Details,
    next_path: str = "",
) -> User:
    """Make an account for somebody a provider has named; without a password.

    An address that the provider proved needs no code; any other does. An account whose address is proved here is never
    entered this way: its owner logs in and connects the provider. One that waits for its proof starts again, and loses
    the ways in it had. One transaction that locks a waiting account; raises DomainError on `email`, `consent` or what
    this place asks for.
    """
    registration.check_open()
    registration.check_consent(given=consent)
    check_asked(details)
    try:
        with transaction.atomic():
            user = registration.lock_unproved_account(email.strip().lower())
            user.first_name, user.last_name, user.locale = first_name.strip(), last_name.strip(), locale
            user.set_unusable_password()
            user.save()
            SocialAccount.objects.filter(user=user).delete()
            account.user = user
            account.save()
            registration.finish_registration(
                user=user, details=details, marketing=marketing, next_path=next_path, proved=email_proved,
                provider=account.provider,
            )  # fmt: skip
            return user
    except IntegrityError:
        raise registration.address_taken() from None


def connect_provider(*, user: User, account: SocialAccount) -> None:
    """Let somebody who has just proved who they are come in through a provider too, and tell them by mail.

    One transaction; a provider's account belongs to one account by constraint. Raises Conflict when it is another's.
    """
    owner = SocialAccount.objects.filter(provider=account.provider, uid=account.uid).first()
    if owner is not None:
        if owner.user_id == user.pk:
            return
        raise _of_somebody_else()
    try:
        with transaction.atomic():
            account.user = user
            account.save()
            _note(user, account.provider, connected=True, key=str(account.pk))
    except IntegrityError:
        raise _of_somebody_else() from None


@transaction.atomic
def disconnect_provider(*, user: User, account_id: int) -> None:
    """Take a provider's account away. One transaction that locks the person's row, so that one way in always stays."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    account = SocialAccount.objects.filter(pk=account_id, user=locked).first()
    if account is None:
        return
    if (
        not locked.has_usable_password()
        and not SocialAccount.objects.filter(user=locked).exclude(pk=account.pk).exists()
    ):
        raise DomainError(
            "last_way_in", _("This is your only way to log in. Choose a password first, then disconnect it.")
        )
    provider, key = account.provider, str(account.pk)
    account.delete()
    _note(locked, provider, connected=False, key=key)


def _note(user: User, provider: str, *, connected: bool, key: str) -> None:
    record(
        action="account.provider_connected" if connected else "account.provider_disconnected",
        category=AuditCategory.SECURITY, resource=user, actor=user, after={"provider": provider},
    )  # fmt: skip
    notify_by_email(
        key=f"provider:{int(connected)}:{user.pk}:{key}",
        template="provider_changed",
        recipient=user.email,
        locale=user.locale,
        context={"name": user.get_short_name(), "provider": provider.capitalize(), "connected": connected},
    )


def _of_somebody_else() -> Conflict:
    return Conflict("provider_taken", _("It is connected to another account here. Log in with it, or use another one."))
