"""JWT bound to the tenant that issued it, and to one log-in.

`aud` holds the tenant's immutable id ("tenant:<uuid>"), or "platform" on the public host; simplejwt's own AUDIENCE is
one global value and stays unset. `sid` names the `ApiSession`: ending it makes every token of it worthless at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_public_schema_name
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from shared_apps.accounts.models import ApiSession
from shared_apps.core.tenancy import connection

SESSION_CLAIM = "sid"


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
        try:
            UUID(str(self.payload.get(SESSION_CLAIM)))
        except ValueError:
            raise TokenError("token of no session") from None

    @property
    def session_id(self) -> UUID:
        """The session that a verified token belongs to."""
        return UUID(self.payload[SESSION_CLAIM])


class TenantAccessToken(_TenantBound, AccessToken):
    pass


class TenantRefreshToken(_TenantBound, RefreshToken):  # type: ignore[misc]  # simplejwt's own bases disagree
    access_token_class = TenantAccessToken

    def check_blacklist(self) -> None:
        """Nothing here: `services.api_sessions` asks under the lock of the session, where the answer cannot change."""

    @property
    def successor_jti(self) -> str:
        """The id of the token that replaces this one: the same for each retry of a refresh."""
        return salted_hmac("accounts.refresh", self.payload["jti"], algorithm="sha256").hexdigest()[:32]


def pair_for(session: ApiSession, *, jti: str = "") -> dict[str, str]:
    """Access and refresh token of a session. Writes nothing; the same `jti` gives the same refresh token."""
    refresh = TenantRefreshToken()
    refresh.payload[api_settings.USER_ID_CLAIM] = str(session.user_id)
    refresh.payload[SESSION_CLAIM] = str(session.pk)
    refresh.payload["jti"] = jti or refresh.payload["jti"]
    refresh.set_iat(at_time=session.refreshed_at)
    refresh.set_exp(from_time=session.expires_at, lifetime=timedelta(0))
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


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
        """The account of the token's session, read with it in one query."""
        session = (
            ApiSession.objects.select_related("user")
            .filter(
                pk=validated_token.session_id,
                ended_at__isnull=True,
                expires_at__gt=timezone.now(),
                user__is_active=True,
            )
            .first()
        )
        if session is None or str(session.user_id) != validated_token.payload.get(api_settings.USER_ID_CLAIM):
            raise exceptions.AuthenticationFailed(code="user_not_found")
        return session.user
