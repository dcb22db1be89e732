"""JWT bound to the tenant that issued it: a token of one tenant is worthless in another.

`aud` holds the tenant's immutable id ("tenant:<uuid>"), or "platform" on the public host; simplejwt's own AUDIENCE is
one global value and stays unset.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_public_schema_name
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.accounts.services.attempts import check_may_log_in, forget_failures, record_attempt
from shared_apps.accounts.services.registration import is_verified
from shared_apps.core.errors import DomainError, NotAllowed
from shared_apps.core.tenancy import connection


def audience() -> str:
    """Who a token made now is for; raises TokenError where there is no tenant."""
    if connection.schema_name == get_public_schema_name():
        return "platform"
    tenant_id = getattr(connection.tenant, "pk", None)
    if tenant_id is None:
        raise TokenError("no tenant")
    return f"tenant:{tenant_id}"


class _TenantBound:
    payload: dict[str, Any]

    def __init__(self, token: Any = None, verify: bool = True) -> None:
        super().__init__(token, verify)  # type: ignore[call-arg]  # a mixin: the token class comes after it
        if token is None:
            self.payload["aud"] = audience()

    def verify(self) -> None:
        super().verify()  # type: ignore[misc]  # same reason
        if self.payload.get("aud") != audience():
            raise TokenError("token is for another tenant")


class TenantAccessToken(_TenantBound, AccessToken):
    pass


class TenantRefreshToken(_TenantBound, RefreshToken):  # type: ignore[misc]  # simplejwt's own bases disagree
    access_token_class = TenantAccessToken


def tokens_for(user: User) -> dict[str, str]:
    """A new pair of tokens for somebody who has just proved who they are. Records the refresh token."""
    refresh = TenantRefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def log_in(*, request: Any, email: str, password: str) -> dict[str, str]:
    """Tokens for an address and its password; raises DomainError (401) or NotAllowed.

    What is said of an account beyond "wrong" is said only to somebody who knows its password.
    """
    check_may_log_in(email=email, method=LoginAttempt.Method.API)
    user = authenticate(request, email=email, password=password)
    found = user if isinstance(user, User) else None
    reason = _reason_to_refuse(found)
    record_attempt(email=email, method=LoginAttempt.Method.API, user=found, reason=reason)
    if found is None:
        raise DomainError(
            "invalid_credentials",
            _("The address or the password is wrong, or the account has been closed."),
            status=401,
        )
    forget_failures(email=email)
    if reason == LoginAttempt.Reason.UNVERIFIED:
        raise NotAllowed(
            "email_not_verified", _("Confirm your address first: enter the code we sent to it, or ask for a new one.")
        )
    if reason == LoginAttempt.Reason.SECOND_FACTOR:
        # A password alone does not open an account that asks for a second factor.
        raise NotAllowed("second_factor_required", _("This account asks for a second factor. Log in on the web site."))
    return tokens_for(found)


def _reason_to_refuse(user: User | None) -> str:
    if user is None:
        return LoginAttempt.Reason.WRONG
    if not is_verified(user):
        return LoginAttempt.Reason.UNVERIFIED
    return LoginAttempt.Reason.SECOND_FACTOR if is_mfa_enabled(user) else ""


def rotate(token: str) -> dict[str, str]:
    """A new pair for a refresh token, which is worthless from then on; raises DomainError (401).

    One transaction; the token's place on the blacklist is unique, so of two requests with one token one is refused.
    """
    try:
        refresh = TenantRefreshToken(token)
    except TokenError:
        raise _refresh_refused() from None
    user = _active_user(refresh.payload.get(api_settings.USER_ID_CLAIM))
    if user is None:
        raise _refresh_refused()
    with transaction.atomic():
        if not refresh.blacklist()[1]:  # type: ignore[index]  # (row, whether it is new); the annotation says only row
            raise _refresh_refused()
        return tokens_for(user)


class TenantJWTAuthentication(JWTAuthentication):
    """Bearer authentication for the API, with errors in the API's one shape."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        try:
            return super().authenticate(request)
        except exceptions.AuthenticationFailed as refusal:
            detail: Any = refusal.detail
            code = detail.get("code", refusal.default_code) if isinstance(detail, dict) else refusal.default_code
            raise exceptions.AuthenticationFailed(
                _("This access token has expired or is not valid here. Log in again."), code=str(code)
            ) from None

    def get_user(self, validated_token: Any) -> Any:
        user = _active_user(validated_token.payload.get(api_settings.USER_ID_CLAIM))
        if user is None:
            raise exceptions.AuthenticationFailed(code="user_not_found")
        return user


def _active_user(user_id: Any) -> User | None:
    try:
        return User.objects.filter(pk=UUID(str(user_id)), is_active=True).first()
    except ValueError:
        return None


def _refresh_refused() -> DomainError:
    return DomainError("token_not_valid", _("This refresh token has expired or was used. Log in again."), status=401)
