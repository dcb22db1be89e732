"""Addresses below `/api/v1/` that every workspace has."""

from __future__ import annotations

from django.urls import include, path

from tenant_apps.team.api import api_keys, audit, me, members, roles

urlpatterns = [
    path("me/", me.MeView.as_view(), name="api-v1-me"),
    path("audit/logs/", include(audit.urlpatterns)),
    path("members/", members.MembersView.as_view(), name="api-v1-members"),
    path("members/<uuid:user_id>/", members.MemberView.as_view(), name="api-v1-member"),
    path("invitations/", members.InvitationsView.as_view(), name="api-v1-invitations"),
    path("invitations/<uuid:invitation_id>/", members.InvitationView.as_view(), name="api-v1-invitation"),
    path(
        "invitations/<uuid:invitation_id>/resend/",
        members.ResendInvitationView.as_view(),
        name="api-v1-invitation-resend",
    ),
    path("roles/", roles.RolesView.as_view(), name="api-v1-roles"),
    path("roles/<slug:key>/", roles.RoleView.as_view(), name="api-v1-role"),
    path("api-keys/", api_keys.ApiKeysView.as_view(), name="api-v1-keys"),
    path("api-keys/<uuid:key_id>/", api_keys.ApiKeyView.as_view(), name="api-v1-key"),
]
