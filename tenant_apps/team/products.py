"""What a product tells the workspace around it: the base of every product's AppConfig."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from django.apps import AppConfig, apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenant_apps.team.permissions import ADMINISTRATOR, OWNER, TEAM_PERMISSIONS, Permission, RoleTemplate

if TYPE_CHECKING:
    from shared_apps.organisations.current import Tenant
    from tenant_apps.team.models import Photo

# The heading in every workspace's navigation under which team, plan and what a product keeps of itself stand.
SETTINGS = _("Settings")


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One entry: its text, the name of its address, an icon of `shared_apps/core/icons`, and where it is current."""

    label: str | Promise
    url_name: str
    icon: str
    # The entry is marked as the current one on every address that starts with this; empty: its own address only.
    prefix: str = ""
    # For the bottom bar of phones, where five of them stand side by side.
    short: str | Promise = ""
    # Shown to those who have this permission, or one of several; empty: to everybody who works here.
    permission: str | tuple[str, ...] = ""
    # The heading it stands under, with all others that name it; empty: on its own.
    group: str | Promise = ""
    # One of the four on the bottom bar of phones; a product that marks none has its first four there.
    on_bar: bool = False

    def is_for(self, codes: frozenset[str]) -> bool:
        """Whether somebody with these permissions is shown it."""
        asked = (self.permission,) if isinstance(self.permission, str) else self.permission
        return asked == ("",) or not codes.isdisjoint(asked)


class ProductConfig(AppConfig):
    """A product: its first page for staff, its navigation, its permissions, and which of its photos visitors may see."""

    # Django looks for the one AppConfig of a module: this is none, its subclasses are.
    default = False

    workspace_home: ClassVar[str]
    navigation: ClassVar[tuple[NavEntry, ...]]
    # What everybody who is logged in finds in the menu of their account.
    account_links: ClassVar[tuple[NavEntry, ...]] = ()
    permissions_title: ClassVar[str | Promise]
    permissions: ClassVar[tuple[Permission, ...]]
    # Besides owner and administrator, which every product has.
    roles: ClassVar[tuple[RoleTemplate, ...]]

    def all_permissions(self) -> tuple[Permission, ...]:
        """The product's permissions, then those every workspace has."""
        return (*self.permissions, *TEAM_PERMISSIONS)

    def all_roles(self) -> tuple[RoleTemplate, ...]:
        """Every role a new workspace starts with."""
        return (OWNER, ADMINISTRATOR, *self.roles)

    def public_face(self, tenant: Tenant) -> tuple[str, str]:
        """The name and colour ("#rrggbb" or empty) that customers see on pages that all products share."""
        return tenant.name, ""

    def is_public_photo(self, photo: Photo) -> bool:
        """Nothing is public unless the product says so."""
        return False


def product_config(product: str) -> ProductConfig:
    """The product of a tenant, by its key."""
    return cast("ProductConfig", apps.get_app_config(product))
