from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from tenant_apps.team.products import NavEntry, ProductConfig

if TYPE_CHECKING:
    from tenant_apps.team.models import Photo


class StoreConfig(ProductConfig):
    default = True
    name = "tenant_apps.store"
    label = "store"
    workspace_home = "store:staff_products"
    navigation = (
        NavEntry(_("Products"), "store:staff_products", "package", prefix="/staff/products/"),
        NavEntry(_("My shop"), "store:staff_settings", "settings", prefix="/staff/settings/", short=_("Shop")),
        NavEntry(_("See the storefront"), "store:home", "store", short=_("Storefront")),
    )

    def ready(self) -> None:
        """Register the one lookup of django.contrib.postgres the search needs."""
        from django.contrib.postgres.lookups import TrigramWordSimilar
        from django.db.models import TextField

        TextField.register_lookup(TrigramWordSimilar)

    def is_public_photo(self, photo: Photo) -> bool:
        """Photos of published products are for everybody."""
        from tenant_apps.store.selectors import is_photo_published

        return is_photo_published(photo)
