"""JWT bound to the tenant that issued it: a token of one tenant is worthless in another.

`aud` holds the tenant's immutable id ("tenant:<uuid>"), or "platform" on the public host; simplejwt's own AUDIENCE is
one global value and stays unset.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django_tenants.utils import get_public_schema_name
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer, TokenRefreshSerializer
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken


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


class TenantRefreshToken(_TenantBound, RefreshToken):
    access_token_class = TenantAccessToken


class ObtainSerializer(TokenObtainPairSerializer):
    token_class = TenantRefreshToken


class RefreshSerializer(TokenRefreshSerializer):
    token_class = TenantRefreshToken


class TenantJWTAuthentication(JWTAuthentication):
    """Bearer authentication for the API."""
