"""`Authorization: Api-Key bk_…`: how programs of partners come in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.core.request_info import request_info, set_request_info
from shared_apps.core.throttle import check_caller_rate
from tenant_apps.team.models import ApiKey
from tenant_apps.team.selectors import permissions_of
from tenant_apps.team.services.api_keys import FEATURE, NOT_IN_PLAN, use_api_key


class ApiKeyAuthentication(BaseAuthentication):
    """The person who made the key, with no more permissions than the key's scopes."""

    rate = "api_key"

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "api-key":
            return None
        key = use_api_key(text=text.strip())
        if key is None or key.created_by is None:
            raise AuthenticationFailed(_("This API key is not valid here, or was ended."), code="key_not_valid")
        quotas.check_feature(FEATURE, message=NOT_IN_PLAN)
        check_caller_rate(self.rate, who=str(key.pk))
        user = key.created_by
        user._permission_codes = permissions_of(user) & frozenset(key.scopes)  # type: ignore[attr-defined]  # see there
        # Entries of the audit log say which program acted in the person's name.
        info = request_info()
        set_request_info(replace(info, user_agent=f"[API key bk_{key.prefix}] {info.user_agent}"[:300]))
        return user, key


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes it. drf-spectacular finds it by being defined."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The word “Api-Key”, a space and the key: `Api-Key bk_…`.",
        }
