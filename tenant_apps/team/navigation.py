"""What the side navigation of a workspace shows. Each product lists its own entries on its AppConfig."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenant_apps.team.access import TenantRequest
from tenant_apps.team.products import SETTINGS, NavEntry, product_config
from tenant_apps.team.selectors import permissions_of


@dataclass(frozen=True, slots=True)
class NavLink:
    """An entry as a template shows it on one page."""

    label: str
    url: str
    icon: str
    current: bool
    short: str
    group: str
    on_bar: bool


# As many entries are seen at once on a small desktop screen.
SHORT = 12
TEAM_ENTRIES = (
    NavEntry(_("Team"), "team:members", "users", prefix="/staff/team/", permission="team.view_members", group=SETTINGS),
    NavEntry(
        _("Accounts"), "team:accounts", "key-round", prefix="/staff/accounts/", permission="team.manage_accounts",
        group=SETTINGS,
    ),
    NavEntry(
        _("Identity checks"), "team:identity", "shield-check", prefix="/staff/identity/",
        permission="team.review_identity", short=_("Identity"), group=SETTINGS,
    ),
    NavEntry(
        _("API keys"), "team:api_keys", "link", prefix="/staff/api-keys/", permission="team.manage_api_keys",
        group=SETTINGS,
    ),
    NavEntry(
        _("Activity log"), "team:audit", "history", prefix="/staff/audit/", permission="team.view_audit",
        short=_("Activity"), group=SETTINGS,
    ),
    NavEntry(_("Plan"), "team:plan", "gauge", group=SETTINGS),
)  # fmt: skip


def entries_of(product: str) -> tuple[NavEntry, ...]:
    """The entries of a product's workspace, with those every workspace has last."""
    return (*product_config(product).navigation, *TEAM_ENTRIES)


def links_for(request: TenantRequest) -> list[NavLink]:
    """The navigation of this page; empty for people who are not staff and on the public host."""
    if request.tenant is None or not request.user.is_staff:
        return []
    mine = permissions_of(request.user)
    entries = [entry for entry in entries_of(request.tenant.product) if entry.is_for(mine)]
    here = _current(entries, request.path)
    return _together([_link(entry, current=entry is here) for entry in entries])


def open_groups(links: Sequence[NavLink]) -> frozenset[str]:
    """The headings whose entries are shown from the start: where this page is, and the work of every day. In a short
    navigation all of them."""
    if len(links) <= SHORT:
        return frozenset(link.group for link in links)
    return frozenset(link.group for link in links if link.current or link.on_bar)


def _together(links: list[NavLink]) -> list[NavLink]:
    """Those of a group one after another, where its first one stands; those without a group where they are."""
    places: dict[str, int] = {}
    for place, link in enumerate(links):
        places.setdefault(link.group or link.url, place)
    return sorted(links, key=lambda link: places[link.group or link.url])


def _current(entries: Sequence[NavEntry], path: str) -> NavEntry | None:
    """The entry of this page: its own address, or the longest prefix of it that an entry has."""
    own = [entry for entry in entries if reverse(entry.url_name) == path]
    around = [entry for entry in entries if entry.prefix and path.startswith(entry.prefix)]
    return max(own or around, key=lambda entry: len(entry.prefix), default=None)


def _link(entry: NavEntry, *, current: bool) -> NavLink:
    return NavLink(
        label=str(entry.label), url=reverse(entry.url_name), icon=entry.icon, current=current, short=str(entry.short),
        group=str(entry.group), on_bar=entry.on_bar,
    )  # fmt: skip
