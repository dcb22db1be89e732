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
        Permission("store.change_prices", _("Change promotions, partners and segments")),
        Permission("store.view_stock", _("See the stock and its movements")),
        Permission("store.change_stock", _("Receive, move, count and correct stock")),
        Permission("store.view_orders", _("See orders")),
        Permission("store.change_orders", _("Prepare, ship and cancel orders")),
        Permission("store.refund_orders", _("Take goods back and give money back")),
        Permission("store.view_customers", _("See customers")),
        Permission("store.change_customers", _("Change what customers are given")),
        Permission("store.change_shop", _("Change what the shop says about itself")),
    )
    roles = (
        RoleTemplate(
            "manager",
            _("Manager"),
            ("store.view_products", "store.change_products", "store.delete_products", "store.change_prices",
             "store.view_stock", "store.change_stock", "store.view_orders", "store.change_orders", "store.refund_orders",
             "store.view_customers", "store.change_customers", "store.change_shop", "team.view_members"),
        ),
        RoleTemplate(
            "seller",
            _("Seller"),
            ("store.view_products", "store.view_stock", "store.view_orders", "store.change_orders", "store.view_customers"),
        ),
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
