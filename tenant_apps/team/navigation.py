"""What the side navigation of a workspace shows. Each product lists its own entries on its AppConfig."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenant_apps.team.access import TenantRequest
from tenant_apps.team.products import NavEntry, product_config
from tenant_apps.team.selectors import permissions_of


@dataclass(frozen=True, slots=True)
class NavLink:
    """An entry as a template shows it on one page."""

    label: str
    url: str
    icon: str
    current: bool
    short: str


TEAM_ENTRIES = (
    NavEntry(_("Team"), "team:members", "users", prefix="/staff/team/", permission="team.view_members"),
    NavEntry(_("Accounts"), "team:accounts", "key-round", prefix="/staff/accounts/", permission="team.manage_accounts"),
    NavEntry(
        _("Identity checks"), "team:identity", "shield-check", prefix="/staff/identity/",
        permission="team.review_identity", short=_("Identity"),
    ),
    NavEntry(_("API keys"), "team:api_keys", "link", prefix="/staff/api-keys/", permission="team.manage_api_keys"),
    NavEntry(
        _("Activity log"), "team:audit", "history", prefix="/staff/audit/", permission="team.view_audit",
        short=_("Activity"),
    ),
    NavEntry(_("Plan"), "team:plan", "gauge"),
)  # fmt: skip


def entries_of(product: str) -> tuple[NavEntry, ...]:
    """The entries of a product's workspace, with those every workspace has last."""
    return (*product_config(product).navigation, *TEAM_ENTRIES)


def links_for(request: TenantRequest) -> list[NavLink]:
    """The navigation of this page; empty for people who are not staff and on the public host."""
    if request.tenant is None or not request.user.is_staff:
        return []
    mine = permissions_of(request.user)
    entries = entries_of(request.tenant.product)
    return [_link(entry, request.path) for entry in entries if entry.is_for(mine)]


def _link(entry: NavEntry, path: str) -> NavLink:
    url = reverse(entry.url_name)
    current = path.startswith(entry.prefix) if entry.prefix else path == url
    return NavLink(label=str(entry.label), url=url, icon=entry.icon, current=current, short=str(entry.short))
