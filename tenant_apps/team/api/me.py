"""Who is asking: `/api/v1/me/`."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from shared_apps.accounts.api import PersonSerializer
from shared_apps.core.api import errors
from tenant_apps.team.api.base import TenantApiRequest, TenantApiView
from tenant_apps.team.models import ApiKey
from tenant_apps.team.selectors import permissions_of


class KeyShortSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()


class MeSerializer(PersonSerializer):
    """The caller in this workspace: a person, or the maker of the key that a program uses."""

    works_here = serializers.BooleanField(source="is_staff", help_text="false: a customer")
    permissions = serializers.ListField(child=serializers.CharField(), help_text="What this caller may do, by code.")
    api_key = KeyShortSerializer(allow_null=True, help_text="null: a person")


class MeView(TenantApiView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="me", tags=["me"], summary="Who I am here", responses={200: MeSerializer, **errors(401)}
    )
    def get(self, request: TenantApiRequest) -> Response:
        user = request.user
        values = {
            **{name: getattr(user, name) for name in ("id", "email", "first_name", "last_name", "locale", "is_staff")},
            "permissions": sorted(permissions_of(user)),
            "api_key": request.auth if isinstance(request.auth, ApiKey) else None,
        }
        return Response(MeSerializer(values).data)
