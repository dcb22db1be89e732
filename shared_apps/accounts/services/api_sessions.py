"""Logging in over the API: one session for each log-in, whose refresh tokens replace one another.

A refresh token works once. A client whose answer was lost, or that asked twice, may repeat the same request for
REPEAT_WITHIN: it gets the same successor again, so that there is never a second chain of tokens. Whoever comes with a
used token later, or after its successor was used, holds a copy: the whole session ends (RFC 9700, 4.14.2).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import authenticate
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from shared_apps.accounts.models import ApiSession, LoginAttempt, User
from shared_apps.accounts.proofs import LOG_IN, SENT, check_proof, send_proof, ways_at_log_in
from shared_apps.accounts.services.attempts import check_may_log_in, forget_failures, record_attempt
from shared_apps.accounts.services.registration import is_verified
from shared_apps.accounts.tokens import TenantRefreshToken, pair_for
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError, NotAllowed, NotFound
from shared_apps.core.request_info import request_info

REPEAT_WITHIN = timedelta(seconds=10)


def log_in(*, request: Any, email: str, password: str, way: str = "", code: str = "") -> dict[str, str]:
    """Tokens for an address, its password and its second factor; raises DomainError (401), TooManyAttempts or NotAllowed.

    What is said of an account beyond "wrong" is said only to somebody who knows its password. `way` is one of the
    account's ways to prove itself, the safest when left out; without a `code` one is sent where there is one to
    send. Codes are used up even when what follows fails: only the opening of the session is one transaction, which
    locks the account's row.
    """
    check_may_log_in(email=email, method=LoginAttempt.Method.API)
    user = authenticate(request, email=email, password=password)
    found = user if isinstance(user, User) else None
    if found is None:
        record_attempt(email=email, method=LoginAttempt.Method.API, reason=LoginAttempt.Reason.WRONG)
        raise _wrong()
    forget_failures(email=email)
    if not is_verified(found):
        reason = LoginAttempt.Reason.UNVERIFIED
        record_attempt(email=email, method=LoginAttempt.Method.API, user=found, reason=reason)
        raise NotAllowed(
            "email_not_verified", _("Confirm your address first: enter the code we sent to it, or ask for a new one.")
        )
    asked = _check_second_factor(found, way=way, code=code)
    with transaction.atomic():
        _check_unchanged(found, asked)
        record_attempt(email=email, method=LoginAttempt.Method.API, user=found)
        return start_session(user=found)


def _check_unchanged(user: User, asked: list[str]) -> None:
    """Pass while the account is the one that was let in; locks its row, so that what ends sessions ends this one too."""
    now = User.objects.select_for_update().get(pk=user.pk)
    if not now.is_active or now.password != user.password or (not asked and ways_at_log_in(now)):
        raise _wrong()


def _wrong() -> DomainError:
    return DomainError(
        "invalid_credentials",
        _("The address or the password is wrong, or the account has been closed."),
        status=401,
    )


def _check_second_factor(user: User, *, way: str, code: str) -> list[str]:
    """Pass, or note the attempt and raise: a password alone does not open an account that asks for more.

    Returns the ways that were asked for.
    """
    ways = ways_at_log_in(user)
    if not ways:
        return ways
    chosen = way if way in ways else ways[0]
    try:
        if not code:
            if chosen in SENT:
                send_proof(user=user, way=chosen, purpose=LOG_IN)
            raise NotAllowed(
                "second_factor_required",
                _("This account asks for a second factor. Send its code as well."),
                extra={"ways": ways, "way": chosen},
            )
        check_proof(user=user, way=chosen, answer=code, purpose=LOG_IN)
    except DomainError:
        reason = LoginAttempt.Reason.SECOND_FACTOR
        record_attempt(email=user.email, method=LoginAttempt.Method.API, user=user, reason=reason)
        raise
    return ways


@transaction.atomic
def start_session(*, user: User) -> dict[str, str]:
    """Open a session for somebody who has just proved who they are; returns its first tokens. One transaction, no lock."""
    info, now = request_info(), timezone.now()
    session = ApiSession.objects.create(
        user=user,
        ip=info.ip,
        user_agent=info.user_agent,
        created_at=now,
        refreshed_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    User.objects.filter(pk=user.pk).update(last_login=now)
    record(action="account.api_session.started", category=AuditCategory.SECURITY, resource=session, actor=user)
    return pair_for(session)


def refresh_session(*, token: str) -> dict[str, str]:
    """New tokens for a refresh token, which is used up from then on; raises DomainError (401).

    One transaction; the lock on the session's row puts all requests with its tokens one after the other.
    """
    try:
        refresh = TenantRefreshToken(token)
    except TokenError:
        raise _refused() from None
    with transaction.atomic():
        session = _lock_open_session(refresh.session_id)
        if session is None:
            raise _refused()
        used_at = _used_at(refresh.payload["jti"])
        stolen = used_at is not None and not _may_repeat(refresh, used_at)
        if stolen:
            _end(session, action="account.api_session.reused", level="warning")
        elif used_at is None:
            _use_up(refresh, session)
    if stolen:  # raised here so that the end of the session is committed
        raise _refused()
    return pair_for(session, jti=refresh.successor_jti)


@transaction.atomic
def end_session(*, user: User, session_id: UUID) -> None:
    """End one of a person's own sessions; ending it again changes nothing. Raises NotFound for anybody else's.

    One transaction; locks the session's row. Its access tokens are worthless at once.
    """
    session = ApiSession.objects.select_for_update().filter(pk=session_id, user=user).first()
    if session is None:
        raise NotFound
    if session.ended_at is None:
        _end(session, action="account.api_session.ended")


def _lock_open_session(session_id: UUID) -> ApiSession | None:
    return (
        ApiSession.objects.select_for_update(of=("self",))
        .filter(pk=session_id, ended_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )


def _used_at(jti: str) -> datetime | None:
    return BlacklistedToken.objects.filter(token__jti=jti).values_list("blacklisted_at", flat=True).first()


def _may_repeat(refresh: TenantRefreshToken, used_at: datetime) -> bool:
    return timezone.now() - used_at <= REPEAT_WITHIN and _used_at(refresh.successor_jti) is None


def _use_up(refresh: TenantRefreshToken, session: ApiSession) -> None:
    now = timezone.now()
    # The row names the token by its id; its text is kept nowhere.
    used = OutstandingToken.objects.create(
        user=session.user, jti=refresh.payload["jti"], token="", created_at=now, expires_at=session.expires_at
    )
    BlacklistedToken.objects.create(token=used)
    session.refreshed_at, session.expires_at = now, now + api_settings.REFRESH_TOKEN_LIFETIME
    session.save(update_fields=["refreshed_at", "expires_at"])


def _end(session: ApiSession, *, action: str, level: str = "info") -> None:
    session.ended_at = timezone.now()
    session.save(update_fields=["ended_at"])
    record(action=action, category=AuditCategory.SECURITY, resource=session, actor=session.user, level=level)


def _refused() -> DomainError:
    return DomainError("token_not_valid", _("This refresh token has expired or was used. Log in again."), status=401)
