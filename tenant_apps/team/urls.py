"""Addresses every workspace has."""

from __future__ import annotations

from django.urls import path, re_path

from tenant_apps.team import media
from tenant_apps.team.views import accounts, api_keys, audit, identity, invitations, members, pages, plan, roles

app_name = "team"
urlpatterns = [
    path("staff/", pages.home, name="home"),
    path("staff/api-keys/", api_keys.api_keys, name="api_keys"),
    path("staff/api-keys/new/", api_keys.new_api_key, name="new_api_key"),
    path("staff/api-keys/<uuid:key_id>/end/", api_keys.end_api_key, name="end_api_key"),
    path("staff/audit/", audit.log, name="audit"),
    path("staff/audit/<int:entry_id>/", audit.entry, name="audit_entry"),
    path("staff/audit/statistics/", audit.statistics, name="audit_statistics"),
    path("staff/audit/export/", audit.export, name="audit_export"),
    path("staff/audit/retention/", audit.retention, name="audit_retention"),
    path("staff/team/", members.members, name="members"),
    path("staff/team/people/<uuid:user_id>/", members.member, name="member"),
    path("staff/team/people/<uuid:user_id>/remove/", members.remove_member, name="remove_member"),
    path("staff/team/invite/", invitations.invite, name="invite"),
    path("staff/team/invitations/<uuid:invitation_id>/", invitations.change_invitation, name="change_invitation"),
    path("staff/team/transfer/", members.transfer, name="transfer"),
    path("staff/team/leave/", members.leave, name="leave"),
    path("staff/team/roles/", roles.roles, name="roles"),
    path("staff/team/roles/new/", roles.new_role, name="new_role"),
    path("staff/team/roles/<slug:key>/", roles.role, name="role"),
    path("staff/team/roles/<slug:key>/delete/", roles.delete_role, name="delete_role"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("staff/identity/", identity.queue, name="identity"),
    path("staff/identity/<uuid:id>/", identity.check, name="identity_check"),
    path("staff/identity/<uuid:id>/<slug:kind>/", identity.file, name="identity_file"),
    path("staff/accounts/", accounts.accounts, name="accounts"),
    path("staff/accounts/<slug:key>/", accounts.provider, name="provider"),
    path("staff/plan/", plan.plan, name="plan"),
    re_path(r"^theme-(?P<colour>[0-9a-f]{6})\.css$", pages.theme, name="theme"),
    path("media/<path:path>", media.media, name="media"),
]
