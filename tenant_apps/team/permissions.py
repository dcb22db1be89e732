"""What people may do, named: each product declares its permissions and the roles a new workspace starts with."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that a role may allow. Views, templates and the API ask for its code, never for a role's name."""

    code: str
    label: str | Promise


@dataclass(frozen=True, slots=True)
class RoleTemplate:
    """A role that every new workspace of a product gets. `permissions` None: all of them."""

    key: str
    label: str | Promise
    permissions: tuple[str, ...] | None
    for_customers: bool = False


TEAM_PERMISSIONS = (
    Permission("team.view_members", _("See the team")),
    Permission("team.manage_members", _("Invite people, change their roles, remove them")),
    Permission("team.manage_roles", _("Change what each role may do")),
    Permission("team.manage_accounts", _("Choose how customers get an account and sign in")),
    Permission("team.review_identity", _("Check identity documents")),
    Permission("team.manage_api_keys", _("Make and end keys for other programs")),
    Permission("team.view_audit", _("Read the activity log")),
    Permission("team.manage_audit", _("Choose how long the activity log is kept")),
)

OWNER = RoleTemplate("owner", _("Owner"), None)
ADMINISTRATOR = RoleTemplate("administrator", _("Administrator"), None)
