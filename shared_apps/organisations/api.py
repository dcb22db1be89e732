"""The caller's organisations over the API: `/api/tenants/organizations/`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shared_apps.core.api import PAGE_PARAMETER, ApiView, errors, page_of, paginated, validated
from shared_apps.organisations.models import Membership, Organisation, Product
from shared_apps.organisations.policies import manageable_roles
from shared_apps.organisations.selectors import (
    access_membership,
    members_of,
    memberships_of,
    primary_host,
    slug_of,
    usage_of,
    workspace_url,
)
from shared_apps.organisations.services.invitations import invite
from shared_apps.organisations.services.locks import not_yours
from shared_apps.organisations.services.members import change_role, remove_member

Role = Membership.Role


class PlanNameSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    display_name = serializers.CharField()


class OrganizationSerializer(serializers.Serializer):
    """An organisation as a member sees it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    schema_name = serializers.CharField()
    url = serializers.CharField(help_text="Where the workspace is; empty while it has no host.")
    product = serializers.ChoiceField(choices=Product.choices)
    status = serializers.ChoiceField(choices=Organisation.Status.choices)
    role = serializers.ChoiceField(choices=Membership.Role.choices, help_text="The caller's own role.")
    plan = PlanNameSerializer()
    currency = serializers.CharField()
    locale = serializers.CharField()
    created_at = serializers.DateTimeField()
    activated_at = serializers.DateTimeField(allow_null=True)
    paid_until = serializers.DateTimeField(allow_null=True)


class MemberSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    email = serializers.EmailField(source="user.email")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    joined_at = serializers.DateTimeField(source="created_at")


class QuotaUseSerializer(serializers.Serializer):
    name = serializers.CharField()
    limit = serializers.IntegerField(allow_null=True, help_text="null: unlimited")
    used = serializers.IntegerField(allow_null=True, help_text="null: not counted")
    remaining = serializers.IntegerField(allow_null=True)


class UsageSerializer(serializers.Serializer):
    organization = serializers.UUIDField()
    plan = PlanNameSerializer()
    quotas = QuotaUseSerializer(many=True)


def describe(organisation: Organisation) -> dict[str, Any]:
    """The short form that other answers carry: {name, slug, schema_name, url, status}."""
    return {
        "name": organisation.name,
        "slug": slug_of(primary_host(organisation)),
        "schema_name": organisation.schema_name,
        "url": workspace_url(organisation),
        "status": organisation.status,
    }


def _represent(membership: Membership) -> dict[str, Any]:
    organisation = membership.organisation
    values = {
        "id": organisation.pk,
        **describe(organisation),
        "product": organisation.product,
        "role": membership.role,
        "plan": organisation.plan_version.plan,
        "currency": organisation.currency,
        "locale": organisation.locale,
        "created_at": organisation.created_at,
        "activated_at": organisation.activated_at,
        "paid_until": organisation.paid_until,
    }
    return OrganizationSerializer(values).data


def _check_manages(user: Any, organisation_id: UUID) -> None:
    """Before a body is read: strangers and small roles are not told what is wrong with it."""
    if not manageable_roles(access_membership(user, organisation_id).role):
        raise not_yours()


class OrganizationsView(ApiView):
    @extend_schema(
        operation_id="organizations_list",
        tags=["organizations"],
        summary="My organisations",
        parameters=[PAGE_PARAMETER],
        responses={200: page_of(OrganizationSerializer), **errors(401, 404)},
    )
    def get(self, request: Request) -> Response:
        return paginated(self, memberships_of(request.user), _represent)


class OrganizationView(ApiView):
    @extend_schema(
        operation_id="organizations_retrieve",
        tags=["organizations"],
        summary="One of my organisations",
        responses={200: OrganizationSerializer, **errors(401, 404)},
    )
    def get(self, request: Request, organization_id: UUID) -> Response:
        membership = access_membership(request.user, organization_id)
        return Response(_represent(membership))


# Owners are made on the site, where people are asked again who they are: a token may have been stolen.
GIVEN_ROLES = [Role.ADMIN, Role.BILLING, Role.MEMBER]


class InviteSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=GIVEN_ROLES, default=Role.MEMBER)


class InvitationSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    expires_at = serializers.DateTimeField()


class RoleSerializer(serializers.Serializer):
    role = serializers.ChoiceField(choices=GIVEN_ROLES)


class MembersView(ApiView):
    @extend_schema(
        operation_id="organizations_members",
        tags=["organizations"],
        summary="Who belongs to it",
        responses={200: MemberSerializer(many=True), **errors(401, 404)},
    )
    def get(self, request: Request, organization_id: UUID) -> Response:
        organisation = access_membership(request.user, organization_id).organisation
        return Response(MemberSerializer(members_of(organisation), many=True).data)


class MemberView(ApiView):
    @extend_schema(
        operation_id="organizations_change_member",
        tags=["organizations"],
        summary="Give a member another role",
        request=RoleSerializer,
        responses={200: MemberSerializer, **errors(400, 401, 403, 404, 409)},
    )
    def patch(self, request: Request, organization_id: UUID, member_id: int) -> Response:
        _check_manages(request.user, organization_id)
        role = validated(RoleSerializer, request)["role"]
        member = change_role(organisation_id=organization_id, member_id=member_id, role=role, by=request.user)
        return Response(MemberSerializer(member).data)

    @extend_schema(
        operation_id="organizations_remove_member",
        tags=["organizations"],
        summary="End a member's place",
        responses={204: None, **errors(401, 403, 404, 409)},
    )
    def delete(self, request: Request, organization_id: UUID, member_id: int) -> Response:
        remove_member(organisation_id=organization_id, member_id=member_id, by=request.user)
        return Response(status=204)


class InviteMemberView(ApiView):
    @extend_schema(
        operation_id="organizations_invite_member",
        tags=["organizations"],
        summary="Offer somebody a place by mail",
        request=InviteSerializer,
        responses={201: InvitationSerializer, **errors(400, 401, 403, 404, 409, 429)},
    )
    def post(self, request: Request, organization_id: UUID) -> Response:
        _check_manages(request.user, organization_id)
        sent = invite(organisation_id=organization_id, by=request.user, **validated(InviteSerializer, request))
        return Response(InvitationSerializer(sent).data, status=201)


class UsageView(ApiView):
    @extend_schema(
        operation_id="organizations_usage",
        tags=["organizations"],
        summary="What is used of the plan's quotas",
        responses={200: UsageSerializer, **errors(401, 404)},
    )
    def get(self, request: Request, organization_id: UUID) -> Response:
        organisation = access_membership(request.user, organization_id).organisation
        plan = organisation.plan_version.plan
        usage = {"organization": organisation.pk, "plan": plan, "quotas": usage_of(organisation)}
        return Response(UsageSerializer(usage).data)


urlpatterns = [
    path("", OrganizationsView.as_view(), name="api-organizations"),
    path("<uuid:organization_id>/", OrganizationView.as_view(), name="api-organization"),
    path("<uuid:organization_id>/members/", MembersView.as_view(), name="api-organization-members"),
    path("<uuid:organization_id>/members/<int:member_id>/", MemberView.as_view(), name="api-organization-member"),
    path("<uuid:organization_id>/invite_member/", InviteMemberView.as_view(), name="api-organization-invite"),
    path("<uuid:organization_id>/usage/", UsageView.as_view(), name="api-organization-usage"),
]
