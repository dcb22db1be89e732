"""Keys for programs.

A key is `bk_<prefix>_<secret>`: the prefix finds the row, and the SHA-256 of the whole proves it. A plain hash is right
here: the secret is 256 random bits, so there is nothing to guess, and a slow hash would only slow every call.

A key acts for the person who made it and never has more than its scopes. It has nothing that this person has lost
since, and nothing at all once they no longer work here: whoever leaves takes their keys with them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.team.models import ApiKey
from tenant_apps.team.selectors import open_api_keys, permissions_of, standing_of
from tenant_apps.team.services.locks import lock_team

FEATURE = "api_access"
NOT_IN_PLAN = _("Your plan %(plan)s does not include API keys. Move to a plan that does.")
# Enough for every partner, and few enough to look through.
MAX_OPEN = 50
# What decides who may do what stays with people: a key could give away more than its scopes, or outlive its own end.
NEVER_SCOPES = frozenset({"team.manage_api_keys", "team.manage_members", "team.manage_roles"})
USED_AT_MOST_EVERY = timedelta(minutes=1)
_FORM = re.compile(r"bk_([0-9a-f]{10})_[A-Za-z0-9_-]{43}")


def scopes_of(user: User) -> frozenset[str]:
    """The permission codes that this person may put into a key."""
    return permissions_of(user) - NEVER_SCOPES


def create_api_key(
    *, key_id: UUID, name: str, scopes: Collection[str], expires_at: datetime | None, user: User
) -> tuple[ApiKey, str]:
    """Make a key; returns it with its text, which is known only now. `expires_at` None: never.

    One transaction, locks the team: who is removed meanwhile leaves no key behind. The primary key makes a form sent twice
    one key, and the second time a Conflict. Raises QuotaReached, and DomainError on `scopes` or `expires_at`.
    """
    quotas.check_feature(FEATURE, message=NOT_IN_PLAN)
    if expires_at is not None and expires_at <= timezone.now():
        raise DomainError("already_expired", _("Choose a moment that is still to come."), field="expires_at")
    text = f"bk_{secrets.token_hex(5)}_{secrets.token_urlsafe(32)}"
    values = {
        "name": name,
        "prefix": _prefix(text),
        "key_hash": _hash(text),
        "scopes": sorted(set(scopes)),
        "created_by": user,
        "expires_at": expires_at,
    }
    with transaction.atomic():
        lock_team()
        _check_scopes(scopes, user)
        if open_api_keys().count() >= MAX_OPEN:
            raise DomainError("too_many_keys", _("There are many keys already. End those that nobody uses first."))
        key, created = ApiKey.objects.get_or_create(pk=key_id, defaults=values)
        if not created:
            raise Conflict(
                "made_already", _("This key was made already. Its text is shown only once: make another one.")
            )
        after = {"name": name, "prefix": key.prefix, "scopes": key.scopes, "expires_at": str(expires_at or "")}
        record(action="team.api_key.created", category="security", resource=key, actor=user, after=after)
    return key, text


@transaction.atomic
def revoke_api_key(*, key: ApiKey, user: User | None) -> None:
    """End a key at once; ending it again changes nothing. One transaction; a guarded UPDATE decides."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        before = {"name": key.name, "prefix": key.prefix, "scopes": key.scopes}
        record(action="team.api_key.revoked", category="security", resource=key, actor=user, before=before)


def revoke_keys_of(*, user: User, by: User | None) -> None:
    """End the keys of somebody who leaves: coming back later brings none of them back. Part of the caller's transaction."""
    for key in ApiKey.objects.filter(created_by=user, revoked_at__isnull=True):
        revoke_api_key(key=key, user=by)


def use_api_key(*, text: str) -> ApiKey | None:
    """The key of that text, with its maker, if it may be used now; notes the use, at most once a minute.

    No transaction and no lock: the note is one guarded UPDATE.
    """
    if not _FORM.fullmatch(text):
        return None
    key = ApiKey.objects.select_related("created_by").filter(prefix=_prefix(text), revoked_at__isnull=True).first()
    if key is None or not constant_time_compare(key.key_hash, _hash(text)):
        return None
    if key.is_expired or key.is_orphan:
        return None
    now = timezone.now()
    long_ago = now - USED_AT_MOST_EVERY
    if key.last_used_at is None or key.last_used_at < long_ago:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=long_ago)
        ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)
    return key


def _check_scopes(scopes: Collection[str], user: User) -> None:
    """Pass when these may go into a key of this person; read now, under the team's lock."""
    if not scopes:
        raise DomainError("no_scope", _("Choose at least one thing that the key may do."), field="scopes")
    if not set(scopes) <= standing_of(user).codes - NEVER_SCOPES:
        raise DomainError("scope_not_held", _("A key cannot do what you may not do yourself."), field="scopes")


def _prefix(text: str) -> str:
    return text.split("_", 2)[1]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
