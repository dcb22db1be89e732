"""What each role may do: `/api/v1/roles/`."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from shared_apps.core.api import errors, one_line, validated
from shared_apps.core.errors import NotFound
from tenant_apps.team.api.base import PeopleWriteView, TenantApiRequest
from tenant_apps.team.models import Role
from tenant_apps.team.selectors import role_standing, roles_with_counts
from tenant_apps.team.services.roles import create_role, delete_role, save_role

VIEW, MANAGE = "team.view_members", "team.manage_roles"


@extend_schema_serializer(
    examples=[OpenApiExample("Looks, changes nothing", {"name": "Stagiaire", "permissions": ["team.view_members"]})]
)
class RoleInputSerializer(serializers.Serializer):
    name = serializers.CharField(
        max_length=60,
        allow_blank=True,
        validators=[one_line],
        help_text="Empty: the product's own name, for a role that came with it.",
    )
    permissions = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=100, help_text="All that the role allows, by code."
    )


class RoleSerializer(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    is_owner = serializers.BooleanField(help_text="Holds every permission and cannot be changed.")
    for_customers = serializers.BooleanField(help_text="The role of everybody who does not work here.")
    people = serializers.IntegerField(help_text="How many members have it.")


def _represent(role: Role) -> Any:
    values = {
        **{name: getattr(role, name) for name in ("key", "is_owner", "for_customers", "people")},
        "name": str(role),
        "permissions": sorted(role_standing(role).codes),
    }
    return RoleSerializer(values).data


class RolesView(PeopleWriteView):
    permission = {"GET": VIEW, "POST": MANAGE}

    @extend_schema(
        operation_id="roles_list", tags=["team"], summary="All roles", responses={200: RoleSerializer(many=True)}
    )
    def get(self, request: TenantApiRequest) -> Response:
        return Response([_represent(role) for role in roles_with_counts()])

    @extend_schema(
        operation_id="roles_create",
        tags=["team"],
        summary="Add a role",
        description="Of permissions that the caller holds.",
        request=RoleInputSerializer,
        responses={201: RoleSerializer},
    )
    def post(self, request: TenantApiRequest) -> Response:
        made = create_role(role_id=uuid.uuid4(), by=request.user, **validated(RoleInputSerializer, request))
        return Response(_represent(_role(made.key)), status=201)


class RoleView(PeopleWriteView):
    permission = {"GET": VIEW, "PUT": MANAGE, "DELETE": MANAGE}

    @extend_schema(operation_id="roles_retrieve", tags=["team"], summary="One role", responses=RoleSerializer)
    def get(self, request: TenantApiRequest, key: str) -> Response:
        return Response(_represent(_role(key)))

    @extend_schema(
        operation_id="roles_change",
        tags=["team"],
        summary="Change a role",
        description="At once for everybody who has it. Nobody gives or takes what they do not hold themselves.",
        request=RoleInputSerializer,
        responses={200: RoleSerializer, **errors(409)},
    )
    def put(self, request: TenantApiRequest, key: str) -> Response:
        save_role(role=_role(key), by=request.user, **validated(RoleInputSerializer, request))
        return Response(_represent(_role(key)))

    @extend_schema(
        operation_id="roles_delete",
        tags=["team"],
        summary="Delete a role",
        description="One of the workspace's own, that nobody has.",
        responses={204: None},
    )
    def delete(self, request: TenantApiRequest, key: str) -> Response:
        delete_role(role=_role(key), by=request.user)
        return Response(status=204)


def _role(key: str) -> Role:
    role = roles_with_counts().filter(key=key).first()
    if role is None:
        raise NotFound
    return role
