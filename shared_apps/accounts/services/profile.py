"""What a person says of themselves."""

from __future__ import annotations

from django.db import transaction

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record

_FIELDS = ("first_name", "last_name", "locale")


def update_profile(*, user: User, first_name: str, last_name: str, locale: str) -> None:
    """Change name and language of messages. One transaction, locks the account's row."""
    given = {"first_name": first_name.strip(), "last_name": last_name.strip(), "locale": locale}
    with transaction.atomic():
        stored = User.objects.select_for_update().get(pk=user.pk)
        before = {name: getattr(stored, name) for name in _FIELDS}
        if given == before:
            return
        for name, value in given.items():
            setattr(user, name, value)
        user.save(update_fields=_FIELDS)
        record(
            action="account.profile_changed",
            category=AuditCategory.USER,
            resource=user,
            actor=user,
            before=before,
            after=given,
        )
