from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from tenant_apps.team.permissions import Permission, RoleTemplate
from tenant_apps.team.products import NavEntry, ProductConfig

if TYPE_CHECKING:
    from tenant_apps.team.models import Photo


class StoreConfig(ProductConfig):
    default = True
    name = "tenant_apps.store"
    label = "store"
    workspace_home = "store:staff_products"
    navigation = (
        NavEntry(_("Products"), "store:staff_products", "package", prefix="/staff/products/",
                 permission="store.view_products"),
        NavEntry(
            _("My shop"), "store:staff_settings", "settings", prefix="/staff/settings/", short=_("Shop"),
            permission="store.change_shop",
        ),
        NavEntry(_("See the storefront"), "store:home", "store", short=_("Storefront")),
    )  # fmt: skip
    permissions_title = _("Shop")
    permissions = (
        Permission("store.view_products", _("See all products, drafts too")),
        Permission("store.change_products", _("Add, change and publish products")),
        Permission("store.delete_products", _("Delete products")),
        Permission("store.change_shop", _("Change what the shop says about itself")),
    )
    roles = (
        RoleTemplate(
            "manager",
            _("Manager"),
            ("store.view_products", "store.change_products", "store.delete_products", "store.change_shop",
             "team.view_members"),
        ),
        RoleTemplate("seller", _("Seller"), ("store.view_products",)),
        RoleTemplate("client", _("Client"), (), for_customers=True),
    )  # fmt: skip

    def ready(self) -> None:
        """Register the one lookup of django.contrib.postgres the search needs."""
        from django.contrib.postgres.lookups import TrigramWordSimilar
        from django.db.models import TextField

        TextField.register_lookup(TrigramWordSimilar)

    def is_public_photo(self, photo: Photo) -> bool:
        """Photos of published products are for everybody."""
        from tenant_apps.store.selectors import is_photo_published

        return is_photo_published(photo)
