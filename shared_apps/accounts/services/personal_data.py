"""A person's own data: handed out, or forgotten.

Forgetting empties the account and keeps its row: orders, payments and the ledger go on naming it, and hold what they must
about the customer themselves.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.accounts.services.closing import check_may_close, lock_to_leave
from shared_apps.accounts.services.identity import delete_files
from shared_apps.accounts.services.notices import tell_apps
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import mask_person, record
from shared_apps.core.errors import DomainError
from shared_apps.core.personal_data import holders_here
from shared_apps.core.request_info import forget_caller
from shared_apps.notifications.services import notify_by_email

_OWN_ROWS = (
    "consents", "languages", "following", "followers", "identity_checks", "second_factors", "email_codes",
    "one_time_codes", "api_sessions",
)  # fmt: skip


@transaction.atomic
def export_data(*, user: User) -> bytes:
    """Everything this schema knows about a person, as one JSON document. One transaction, which notes that it was asked for."""
    known: dict[str, Any] = {"made_at": timezone.now()}
    for label, holder in holders_here():
        if data := holder.personal_data(user):
            known[label] = data
    record(action="account.data_exported", category=AuditCategory.SECURITY, resource=user, actor=user)
    return json.dumps(known, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode()


def account_data(user: User) -> dict[str, Any]:
    """What the accounts app knows about a person."""
    return {
        "account": {
            "id": user.pk, "email": user.email, "first_name": user.first_name, "last_name": user.last_name,
            "language": user.locale, "phone": user.phone, "date_of_birth": user.date_of_birth,
            "joined": user.date_joined, "last_login": user.last_login,
        },
        "languages": list(user.languages.order_by("pk").values("language", "kind")),
        "consents": list(user.consents.order_by("pk").values("document", "version", "given_at", "withdrawn_at", "ip")),
        "ways_to_log_in": list(SocialAccount.objects.filter(user=user).values("provider", "date_joined", "extra_data")),
        "login_attempts": list(
            user.login_attempts.order_by("-at").values("at", "method", "succeeded", "reason", "ip", "user_agent", "country")
        ),
        "browser_sessions": list(
            UserSession.objects.filter(user=user).values("created_at", "last_seen_at", "ip", "user_agent")
        ),
        "api_sessions": list(user.api_sessions.values("created_at", "refreshed_at", "ended_at", "ip", "user_agent")),
        "identity_checks": list(
            user.identity_checks.values("document_type", "status", "submitted_at", "decided_at", "expires_on", "comment")
        ),
        "follows": [
            {"person": str(one.followed), "since": one.created_at, "notify": one.notify}
            for one in user.following.select_related("followed")
        ],
    }  # fmt: skip


def erased_address(user: User) -> str:
    """What stands where the address was: unique, and nowhere mail could go."""
    return f"erased-{user.pk}@invalid"


def contacts_of(user: User) -> frozenset[str]:
    """The addresses and numbers of a person: those they have, and those the log says they had, if nobody else has them now."""
    about = AuditLog.objects.filter(resource_type=user._meta.label_lower, resource_id=str(user.pk))
    changed = about.filter(action__in=["account.email_changed", "account.phone_changed"])
    former = {contact for before in changed.values_list("before", flat=True) for contact in before.values()}
    others = User.objects.filter(Q(email__in=former) | Q(phone__in=former)).exclude(pk=user.pk)
    passed_on = {contact for pair in others.values_list("email", "phone") for contact in pair}
    return frozenset({user.email, user.phone, *(former - passed_on)} - {""})


def erase_person(*, user: User, typed: str) -> None:
    """Forget a person for good. One transaction, locks as `lock_to_leave`; files go once it is committed.

    Every app of the schema is asked whether something must be settled first, then forgets what is its own. Raises
    DomainError on `typed` when that is not the account's address, and whatever an app objects.
    """
    if typed.strip().lower() != user.email:
        raise DomainError("address_differs", _("Type the address of this account to confirm."), field="typed")
    with transaction.atomic():
        locked = lock_to_leave(user)
        check_may_close(locked)
        address, name, locale, contacts = locked.email, locked.get_short_name(), locked.locale, contacts_of(locked)
        end_all_sessions(user=locked)
        tell_apps(locked)
        for _label, holder in holders_here():
            holder.erase_person(locked, contacts)
        # Last: the apps ask for the address that this takes away.
        _forget_account(locked, contacts)
        mask_person(person_id=locked.pk, contacts=contacts, mask=locked.email)
        notify_by_email(
            key=f"erased:{locked.pk}",
            template="account_erased",
            recipient=address,
            locale=locale,
            context={"name": name},
        )
    forget_caller()


def _forget_account(user: User, contacts: Collection[str]) -> None:
    """The rows of accounts about the person, then the account itself."""
    files = [name for check in user.identity_checks.all() for name in (check.document_file, check.selfie_file) if name]
    transaction.on_commit(lambda: delete_files(files))
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    UserSession.objects.filter(user=user).delete()
    OutstandingToken.objects.filter(user=user).delete()
    for name in _OWN_ROWS:
        getattr(user, name).all().delete()
    LoginAttempt.objects.filter(Q(user=user) | Q(email__in=contacts)).update(
        email=erased_address(user), ip=None, user_agent="", country=""
    )
    user.email, user.first_name, user.last_name = erased_address(user), "", ""
    user.phone, user.phone_verified_at, user.date_of_birth, user.platform_user_id = "", None, None, None
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    record(action="account.erased", category=AuditCategory.SECURITY, resource=user, actor=user)
