"""The second factor: an authenticator app, codes by e-mail or SMS, and recovery codes for the day they are lost."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from shared_apps.accounts.models import SecondFactor, User
from shared_apps.accounts.services.codes import wrong_code
from shared_apps.accounts.services.notices import notify_of_change
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.secrets import decrypt, encrypt
from shared_apps.core.tenancy import connection, here
from shared_apps.core.throttle import check_rate

RECOVERY_CODES = 10
PERIOD_SECONDS = 30
# No 0, 1, I, O: people copy these from paper.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

make_totp_secret = generate_totp_secret


def totp_place(user: User) -> str:
    """Where the secret of an account's authenticator app belongs, for `core.secrets`."""
    return f"{connection.schema_name}/mfa.authenticator/secret/{user.pk}"


def totp_url(*, user: User, secret: str, issuer: str) -> str:
    """What an authenticator app reads from the QR code (Key URI Format)."""
    label = quote(f"{issuer}:{user.email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def add_totp(*, user: User, secret: str, code: str, keep: str = "") -> None:
    """Keep the app's secret, sealed, once its first code is right; the app before is replaced.

    One transaction, locks the account's row. The first factor ends every session but the browser's with the key `keep`:
    they were opened by a password alone. Raises DomainError on `code`.
    """
    counter = _counter_of(secret, code)
    if counter is None:
        raise wrong_code()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        _end_sessions_without_factor(user, keep=keep)
        app, _is_new = Authenticator.objects.update_or_create(
            user=user,
            type=Authenticator.Type.TOTP,
            defaults={"data": {"secret": encrypt(secret, place=totp_place(user)), "last_counter": counter}},
        )
        _note(user, "account.second_factor_added", app, {"kind": "totp"}, event="factor_added")


def _end_sessions_without_factor(user: User, *, keep: str) -> None:
    if not has_second_factor(user):
        end_all_sessions(user=user, keep=keep, actor=user)


def remove_totp(*, user: User) -> None:
    """Forget the authenticator app. One transaction, locks the account's row."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
        if app:
            _remove(user, app, "totp")


def add_code_factor(*, user: User, kind: str, keep: str = "") -> None:
    """Ask for a code by e-mail or SMS at every log-in from now on. One transaction, locks the account's row.

    The first factor ends sessions as in `add_totp`. Raises DomainError when there is no proved phone to send it to.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        # Read under the lock: the number may be removed in another tab at this moment.
        if kind == SecondFactor.Kind.SMS and not locked.phone_verified_at:
            raise DomainError("no_phone", _("Add your phone number first, then come back here."))
        _end_sessions_without_factor(user, keep=keep)
        factor, is_new = SecondFactor.objects.get_or_create(user=user, kind=kind)
        if is_new:
            _note(user, "account.second_factor_added", factor, {"kind": kind}, event="factor_added")


def remove_code_factor(*, user: User, kind: str) -> None:
    """Stop asking for a code by e-mail or SMS. One transaction, locks the account's row."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        factor = SecondFactor.objects.filter(user=user, kind=kind).first()
        if factor:
            _remove(user, factor, kind)


def make_recovery_codes(*, user: User, replaces: str = "") -> list[str]:
    """Ten new codes, each good for one log-in, in place of those before. Only their keyed hashes are kept.

    `replaces` is what `recovery_codes_mark` said of those before, so that a page that is sent again makes nothing.
    One transaction, locks the account's row. Raises Conflict for others than those, DomainError without a second factor.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if not has_second_factor(user):
            raise DomainError("no_second_factor", _("Add a second factor first."))
        if recovery_codes_mark(user) != replaces:
            raise Conflict("codes_made", _("New codes were made already. They were shown that one time."))
        codes = ["".join(secrets.choice(_ALPHABET) for _n in range(10)) for _n in range(RECOVERY_CODES)]
        kept, _is_new = Authenticator.objects.update_or_create(
            user=user,
            type=Authenticator.Type.RECOVERY_CODES,
            defaults={
                "data": {"hashes": [_hash(user, code) for code in codes], "mark": secrets.token_urlsafe(9)},
                "last_used_at": None,
            },
        )
        _note(user, "account.recovery_codes_made", kept, {"codes": len(codes)}, event="recovery_codes")
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def use_totp(*, user: User, code: str) -> None:
    """Accept a code of the authenticator app, each once. One transaction, locks the app's row.

    A code of the period before or after counts too (clocks differ), but none at or before the last one taken
    (RFC 6238 section 5.2). Raises DomainError on `code`, TooManyAttempts.
    """
    _check_tries(user)
    with transaction.atomic():
        app = Authenticator.objects.select_for_update().filter(user=user, type=Authenticator.Type.TOTP).first()
        counter = _counter_of(decrypt(app.data["secret"], place=totp_place(user)), code) if app else None
        if app is None or counter is None or counter <= app.data["last_counter"]:
            raise wrong_code()
        app.data["last_counter"] = counter
        app.last_used_at = timezone.now()
        app.save(update_fields=["data", "last_used_at"])
        record(
            action="account.second_factor_used",
            category=AuditCategory.SECURITY,
            resource=app,
            actor=user,
            after={"kind": "totp"},
        )


def use_recovery_code(*, user: User, code: str) -> int:
    """Accept a recovery code, once; returns how many are left. One transaction, locks the codes' row.

    Raises DomainError on `code`, TooManyAttempts.
    """
    _check_tries(user)
    given = _hash(user, code.upper().replace("-", "").replace(" ", ""))
    with transaction.atomic():
        kept = (
            Authenticator.objects.select_for_update().filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
        )
        hashes: list[str] = kept.data["hashes"] if kept else []
        left = [one for one in hashes if not hmac.compare_digest(one, given)]
        if kept is None or len(left) == len(hashes):
            text = _("This code is not right, or was used already. Take another one of those you kept.")
            raise DomainError("wrong_code", text, field="code")
        kept.data = {**kept.data, "hashes": left}
        kept.last_used_at = timezone.now()
        kept.save(update_fields=["data", "last_used_at"])
        _note(user, "account.recovery_code_used", kept, {"left": len(left)}, event="recovery_code_used")
        return len(left)


def has_second_factor(user: User) -> bool:
    """Whether a password alone does not open the account. One query."""
    app = Authenticator.objects.filter(user=models.OuterRef("pk"), type=Authenticator.Type.TOTP)
    codes = SecondFactor.objects.filter(user=models.OuterRef("pk"))
    return User.objects.filter(models.Exists(app) | models.Exists(codes), pk=user.pk).exists()


def factor_kinds(user: User) -> list[str]:
    """What the account has, the safest first: "totp", "sms", "email"; and "recovery" beside one of those."""
    apps = dict(Authenticator.objects.filter(user=user).values_list("type", "data"))
    codes = set(SecondFactor.objects.filter(user=user).values_list("kind", flat=True))
    kinds = [
        kind for kind, has in (("totp", "totp" in apps), ("sms", "sms" in codes), ("email", "email" in codes)) if has
    ]
    spare: Sequence[str] = apps.get("recovery_codes", {}).get("hashes", [])
    return [*kinds, "recovery"] if kinds and spare else kinds


def recovery_codes_left(user: User) -> int:
    """How many recovery codes were not used yet."""
    kept = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(kept.data["hashes"]) if kept else 0


def recovery_codes_mark(user: User) -> str:
    """What names the ten codes that are valid now, used ones included; empty when there are none."""
    kept = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return kept.data.get("mark", "") if kept else ""


def _remove(user: User, factor: models.Model, kind: str) -> None:
    _note(user, "account.second_factor_removed", factor, {}, before={"kind": kind}, event="factor_removed")
    factor.delete()
    if not has_second_factor(user):
        spare = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
        if spare:
            record(action="account.recovery_codes_removed", category=AuditCategory.SECURITY, resource=spare, actor=user)
            spare.delete()


def _note(
    user: User,
    action: str,
    resource: models.Model,
    after: dict[str, str | int],
    *,
    event: str,
    before: dict[str, str] | None = None,
) -> None:
    record(action=action, category=AuditCategory.SECURITY, resource=resource, actor=user, before=before, after=after)
    notify_of_change(user=user, event=event)


def _counter_of(secret: str, code: str) -> int | None:
    now = int(time.time()) // PERIOD_SECONDS
    given = code.replace(" ", "")
    for counter in (now, now - 1, now + 1):
        if hmac.compare_digest(format_hotp_value(hotp_value(secret, counter)).encode(), given.encode()):
            return counter
    return None


def _check_tries(user: User) -> None:
    check_rate(action="second-factor", who=here(user.pk), limit=10, seconds=600)


def _hash(user: User, code: str) -> str:
    bound = f"{connection.schema_name}|{user.pk}|{code}"
    return salted_hmac("accounts.recovery-code", bound, algorithm="sha256").hexdigest()
