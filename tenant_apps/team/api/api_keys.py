"""Keys for programs, managed by people: `/api/v1/api-keys/`."""

from __future__ import annotations

import uuid
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from shared_apps.core.api import PAGE_PARAMETER, errors, one_line, page_of, paginated, validated
from shared_apps.core.errors import NotFound
from tenant_apps.team.api.base import PeopleOnlyView, TenantApiRequest
from tenant_apps.team.models import ApiKey
from tenant_apps.team.selectors import open_api_keys
from tenant_apps.team.services.api_keys import create_api_key, revoke_api_key

MANAGE = "team.manage_api_keys"


@extend_schema_serializer(
    examples=[OpenApiExample("Read only, for a year", {"name": "Comptabilité", "scopes": ["team.view_members"]})]
)
class NewApiKeySerializer(serializers.Serializer):
    name = serializers.CharField(max_length=80, validators=[one_line], help_text="Who or what uses it.")
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=60),
        min_length=1,
        max_length=100,
        help_text="Permission codes, of those that the caller holds: see `permissions` of `/api/v1/me/`.",
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="null: never")


class ApiKeySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="What the key begins with, after “bk_”.")
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    created_by = serializers.EmailField(source="created_by.email", allow_null=True, default=None)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="null: never")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute. null: not yet")


class CreatedApiKeySerializer(ApiKeySerializer):
    key = serializers.SerializerMethodField(help_text="The whole key. It is shown here and never again.")

    def get_key(self, _key: ApiKey) -> str:
        return self.context["text"]


class ApiKeysView(PeopleOnlyView):
    permission = MANAGE

    @extend_schema(
        operation_id="api_keys_list",
        tags=["api-keys"],
        summary="Keys that nobody has ended",
        parameters=[PAGE_PARAMETER],
        responses={200: page_of(ApiKeySerializer), **errors(401, 403, 404)},
    )
    def get(self, request: TenantApiRequest) -> Response:
        return paginated(self, open_api_keys(), lambda key: ApiKeySerializer(key).data)

    @extend_schema(
        operation_id="api_keys_create",
        tags=["api-keys"],
        summary="Make a key",
        description="The plan must include API keys. The key acts for the caller, within its scopes.",
        request=NewApiKeySerializer,
        responses={201: CreatedApiKeySerializer, **errors(400, 401, 403)},
    )
    def post(self, request: TenantApiRequest) -> Response:
        given = validated(NewApiKeySerializer, request)
        key, text = create_api_key(key_id=uuid.uuid4(), user=request.user, **given)
        return Response(CreatedApiKeySerializer(key, context={"text": text}).data, status=201)


class ApiKeyView(PeopleOnlyView):
    permission = MANAGE

    @extend_schema(
        operation_id="api_keys_end",
        tags=["api-keys"],
        summary="End a key",
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: TenantApiRequest, key_id: UUID) -> Response:
        key = ApiKey.objects.filter(pk=key_id).first()
        if key is None:
            raise NotFound
        revoke_api_key(key=key, user=request.user)
        return Response(status=204)
