"""What a product tells the workspace around it: the base of every product's AppConfig."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from django.apps import AppConfig, apps
from django.utils.functional import Promise

if TYPE_CHECKING:
    from tenant_apps.team.models import Photo


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


class ProductConfig(AppConfig):
    """A product: its first page for staff, its navigation, and which of its photos visitors may see."""

    # Django looks for the one AppConfig of a module: this is none, its subclasses are.
    default = False

    workspace_home: ClassVar[str]
    navigation: ClassVar[tuple[NavEntry, ...]]

    def is_public_photo(self, photo: Photo) -> bool:
        """Nothing is public unless the product says so."""
        return False


def product_config(product: str) -> ProductConfig:
    """The product of a tenant, by its key."""
    return cast("ProductConfig", apps.get_app_config(product))
