"""What a person says of themselves: date of birth and languages."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from shared_apps.accounts.models import SpokenLanguage, User
from shared_apps.accounts.policies import Details, check_details
from shared_apps.accounts.selectors import asked_here, details_of
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record


def check_asked(details: Details) -> None:
    """Pass when these details are what this place asks for; raises DomainError beside their field."""
    check_details(details, asked=asked_here(), today=timezone.localdate())


@transaction.atomic
def save_details(*, user: User, details: Details) -> None:
    """Keep a person's date of birth and languages. One transaction that locks the person's row; raises DomainError."""
    check_asked(details)
    locked = User.objects.select_for_update().get(pk=user.pk)
    before = details_of(locked)
    write_details(user=locked, details=details)
    record(
        action="account.details_changed",
        category=AuditCategory.USER,
        resource=locked,
        actor=locked,
        before=as_text(before),
        after=as_text(details),
    )


def write_details(*, user: User, details: Details) -> None:
    """Write checked details. Part of the caller's transaction, which holds the row and writes the audit entry."""
    user.date_of_birth = details.date_of_birth
    user.save(update_fields=["date_of_birth"])
    user.languages.all().delete()
    SpokenLanguage.objects.bulk_create(
        SpokenLanguage(user=user, language=code, kind=kind)
        for kind, codes in ((SpokenLanguage.Kind.NATIVE, details.native), (SpokenLanguage.Kind.TARGET, details.target))
        for code in codes
    )


def as_text(details: Details) -> dict[str, Any]:
    """Details for the audit log, which need not hold a birthday: only whether there is one."""
    return {
        "date_of_birth": details.date_of_birth is not None,
        "native": list(details.native),
        "target": list(details.target),
    }
