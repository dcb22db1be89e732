"""The team: members and invitations, `/api/v1/members/` and `/api/v1/invitations/`."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from shared_apps.core.api import PAGE_PARAMETER, errors, page_of, paginated, validated
from shared_apps.core.errors import DomainError, NotAllowed, NotFound
from tenant_apps.team.api.base import PeopleWriteView, TenantApiRequest
from tenant_apps.team.models import Invitation, Member, Role
from tenant_apps.team.selectors import members, open_invitations
from tenant_apps.team.services.invitations import invite, resend, revoke
from tenant_apps.team.services.members import change_role, remove_member

VIEW, MANAGE = "team.view_members", "team.manage_members"


class RoleShortSerializer(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField(
        source="__str__", help_text="In the caller's language, where it came with the product."
    )


class MemberSerializer(serializers.Serializer):
    id = serializers.UUIDField(source="user_id", help_text="Of the person's account here.")
    email = serializers.EmailField(source="user.email")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    role = RoleShortSerializer()
    joined_at = serializers.DateTimeField()
    last_login = serializers.DateTimeField(source="user.last_login", allow_null=True)


class RoleChoiceSerializer(serializers.Serializer):
    role = serializers.CharField(max_length=40, help_text="The key of a role: see `/api/v1/roles/`.")


class InvitationSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = RoleShortSerializer()
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="After this it can be sent again.")


@extend_schema_serializer(examples=[OpenApiExample("A seller", {"email": "awa@example.org", "role": "seller"})])
class NewInvitationSerializer(RoleChoiceSerializer):
    email = serializers.EmailField(max_length=254)


def check_makes_no_owner(key: str) -> None:
    """Pass unless this is the owner's role; raises NotAllowed.

    A token may have been stolen: an owner is made on the site, where people are asked again who they are.
    """
    if key == Role.OWNER:
        raise NotAllowed("owner_on_site", _("Owners are made on the site only: log in there."), field="role")


def chosen_role(key: str) -> Role:
    """The role that a request names; raises DomainError on `role`."""
    check_makes_no_owner(key)
    role = Role.objects.filter(key=key).first()
    if role is None:
        raise DomainError("unknown_role", _("There is no such role. See the list of roles."), field="role")
    return role


class MembersView(PeopleWriteView):
    permission = VIEW

    @extend_schema(
        operation_id="members_list",
        tags=["team"],
        summary="Who works here",
        parameters=[PAGE_PARAMETER],
        responses={200: page_of(MemberSerializer), **errors(404)},
    )
    def get(self, request: TenantApiRequest) -> Response:
        return paginated(self, members(), lambda member: MemberSerializer(member).data)


class MemberView(PeopleWriteView):
    permission = {"GET": VIEW, "PATCH": MANAGE, "DELETE": MANAGE}

    @extend_schema(operation_id="members_retrieve", tags=["team"], summary="One member", responses=MemberSerializer)
    def get(self, request: TenantApiRequest, user_id: UUID) -> Response:
        return Response(MemberSerializer(_member(user_id)).data)

    @extend_schema(
        operation_id="members_change_role",
        tags=["team"],
        summary="Give a member another role",
        description="Of roles that do not let people do more than the caller may.",
        request=RoleChoiceSerializer,
        responses={200: MemberSerializer, **errors(409)},
    )
    def patch(self, request: TenantApiRequest, user_id: UUID) -> Response:
        member = _member(user_id)
        role = chosen_role(validated(RoleChoiceSerializer, request)["role"])
        member = change_role(member=member, role=role, by=request.user)
        return Response(MemberSerializer(member).data)

    @extend_schema(
        operation_id="members_remove",
        tags=["team"],
        summary="Remove a member",
        description="Their place is free and their sessions end at once. The account stays, as a customer's.",
        responses={204: None, **errors(409)},
    )
    def delete(self, request: TenantApiRequest, user_id: UUID) -> Response:
        remove_member(member=_member(user_id), by=request.user)
        return Response(status=204)


class InvitationsView(PeopleWriteView):
    permission = {"GET": VIEW, "POST": MANAGE}

    @extend_schema(
        operation_id="invitations_list",
        tags=["team"],
        summary="Invitations that are open",
        parameters=[PAGE_PARAMETER],
        responses={200: page_of(InvitationSerializer), **errors(404)},
    )
    def get(self, request: TenantApiRequest) -> Response:
        return paginated(self, open_invitations(), lambda one: InvitationSerializer(one).data)

    @extend_schema(
        operation_id="invitations_create",
        tags=["team"],
        summary="Invite somebody",
        request=NewInvitationSerializer,
        responses={201: InvitationSerializer, **errors(409, 429)},
    )
    def post(self, request: TenantApiRequest) -> Response:
        given: dict[str, Any] = validated(NewInvitationSerializer, request)
        role = chosen_role(given["role"])
        made = invite(invitation_id=uuid.uuid4(), email=given["email"], role=role, by=request.user)
        return Response(InvitationSerializer(made).data, status=201)


class InvitationView(PeopleWriteView):
    permission = MANAGE

    @extend_schema(
        operation_id="invitations_revoke",
        tags=["team"],
        summary="Take an invitation back",
        responses={204: None, **errors(409)},
    )
    def delete(self, request: TenantApiRequest, invitation_id: UUID) -> Response:
        revoke(invitation=_invitation(invitation_id), by=request.user)
        return Response(status=204)


class ResendInvitationView(PeopleWriteView):
    permission = MANAGE

    @extend_schema(
        operation_id="invitations_resend",
        tags=["team"],
        summary="Send an invitation again",
        description="With a new link, valid from now. The old one no longer works.",
        request=None,
        responses={200: InvitationSerializer, **errors(409, 429)},
    )
    def post(self, request: TenantApiRequest, invitation_id: UUID) -> Response:
        invitation = _invitation(invitation_id)
        check_makes_no_owner(invitation.role.key)
        return Response(InvitationSerializer(resend(invitation=invitation, by=request.user)).data)


def _member(user_id: UUID) -> Member:
    member = members().filter(user_id=user_id).first()
    if member is None:
        raise NotFound
    return member


def _invitation(invitation_id: UUID) -> Invitation:
    invitation = open_invitations().filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    return invitation
