"""The base of every view of a workspace's API, `/api/v1/`."""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from shared_apps.accounts.models import User
from shared_apps.accounts.tokens import TenantJWTAuthentication
from shared_apps.core.api import ApiView
from tenant_apps.team.api.authentication import ApiKeyAuthentication
from tenant_apps.team.api.permissions import HasPermission


class TenantApiRequest(Request):
    """A request that somebody may make (for types only)."""

    user: User


class TenantApiView(ApiView):
    """A view for people with a token and programs with a key, who hold its `permission`.

    One code, or one for each method: {"GET": "team.view_members", "POST": "team.manage_members"}.
    """

    authentication_classes: Sequence[type[BaseAuthentication]] = (TenantJWTAuthentication, ApiKeyAuthentication)
    permission_classes: Sequence[type[BasePermission]] = (HasPermission,)
    permission: str | dict[str, str] = ""


class PeopleOnlyView(TenantApiView):
    """The same for people only: what a program must never do, whatever its key allows."""

    authentication_classes = (TenantJWTAuthentication,)


class PeopleWriteView(TenantApiView):
    """Programs may read, people only may change: what decides who may do what here."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        # drf-spectacular asks before it has a request, and again with one.
        if self.request is None or self.request.method in SAFE_METHODS:
            return super().get_authenticators()
        return [TenantJWTAuthentication()]
