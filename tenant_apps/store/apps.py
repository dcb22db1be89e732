from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from shared_apps.core.personal_data import HoldsPersonalData
from tenant_apps.payments.permissions import DAILY, MANAGE_METHODS, PAYMENT_PERMISSIONS, VIEW_PAYMENTS
from tenant_apps.team.permissions import Permission, RoleTemplate
from tenant_apps.team.products import SETTINGS, NavEntry, ProductConfig

if TYPE_CHECKING:
    from shared_apps.organisations.current import Tenant
    from tenant_apps.team.models import Photo

# The headings of the navigation.
SALES, CATALOGUE, PRICES, MONEY = _("Sales"), _("Catalogue"), _("Prices and delivery"), _("Money")


class StoreConfig(HoldsPersonalData, ProductConfig):
    default = True
    name = "tenant_apps.store"
    label = "store"
    workspace_home = "store:staff_home"
    navigation = (
        NavEntry(_("Home"), "store:staff_home", "house", prefix="/staff/home/",
                 permission=("store.view_reports", "store.view_orders", "store.view_stock"), on_bar=True),
        NavEntry(_("Orders"), "store:staff_orders", "shopping-bag", prefix="/staff/orders/",
                 permission="store.view_orders", group=SALES, on_bar=True),
        NavEntry(_("Till"), "store:till", "barcode", permission="store.use_till", group=SALES, on_bar=True),
        NavEntry(_("Tills and sessions"), "store:till_sessions", "clipboard-list", prefix="/staff/tills/",
                 permission="store.change_orders", group=SALES),
        NavEntry(_("Customers"), "store:staff_customers", "users", prefix="/staff/customers/",
                 permission="store.view_customers", group=SALES),
        NavEntry(_("Reviews"), "store:staff_reviews", "star", prefix="/staff/reviews/",
                 permission="store.moderate_reviews", group=SALES),
        NavEntry(_("Products"), "store:staff_products", "package", prefix="/staff/products/",
                 permission="store.view_products", group=CATALOGUE, on_bar=True),
        NavEntry(_("Shelves"), "store:staff_shelves", "layers", prefix="/staff/products/shelves/",
                 permission="store.view_products", group=CATALOGUE),
        NavEntry(_("Brands"), "store:staff_brands", "tag", prefix="/staff/products/brands/",
                 permission="store.view_products", group=CATALOGUE),
        NavEntry(_("Attributes"), "store:staff_attributes", "sliders-horizontal", prefix="/staff/products/attributes/",
                 permission="store.view_products", group=CATALOGUE),
        NavEntry(_("Stock"), "store:staff_stock", "boxes", prefix="/staff/stock/", permission="store.view_stock",
                 group=CATALOGUE),
        NavEntry(_("Promotions"), "store:staff_promotions", "badge-percent", prefix="/staff/prices/",
                 permission="store.change_prices", group=PRICES),
        NavEntry(_("Partners"), "store:staff_partners", "briefcase", prefix="/staff/prices/partners/",
                 permission="store.change_prices", group=PRICES),
        NavEntry(_("Segments"), "store:staff_segments", "percent", prefix="/staff/prices/segments/",
                 permission="store.change_prices", group=PRICES),
        NavEntry(_("Delivery"), "store:staff_zones", "truck", prefix="/staff/delivery/",
                 permission="store.change_shop", group=PRICES),
        NavEntry(_("Payments"), "payments:staff_payments", "wallet", prefix="/staff/payments/", permission=VIEW_PAYMENTS,
                 group=MONEY),
        NavEntry(_("Invoices"), "store:staff_documents", "receipt", prefix="/staff/documents/",
                 permission="store.view_orders", group=MONEY),
        NavEntry(_("Ways to pay"), "payments:staff_methods", "credit-card", prefix="/staff/ways-to-pay/",
                 permission=MANAGE_METHODS, group=MONEY),
        NavEntry(_("My shop"), "store:staff_settings", "settings", prefix="/staff/settings/",
                 permission="store.change_shop", group=SETTINGS),
        NavEntry(_("See the storefront"), "store:home", "store"),
    )  # fmt: skip
    account_links = (NavEntry(_("My addresses"), "store:addresses", "map-pin"),)
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
        Permission("store.use_till", _("Sell at the till")),
        Permission("store.give_discounts", _("Give discounts at the till")),
        Permission("store.view_customers", _("See customers")),
        Permission("store.change_customers", _("Change what customers are given")),
        Permission("store.moderate_reviews", _("Publish, reject and answer reviews")),
        Permission("store.view_reports", _("See sales, margins and the value of the stock")),
        Permission("store.change_shop", _("Change what the shop says about itself")),
        *PAYMENT_PERMISSIONS,
    )
    roles = (
        RoleTemplate(
            "manager",
            _("Manager"),
            ("store.view_products", "store.change_products", "store.delete_products", "store.change_prices",
             "store.view_stock", "store.change_stock", "store.view_orders", "store.change_orders", "store.refund_orders",
             "store.use_till", "store.give_discounts", "store.view_customers", "store.change_customers", "store.moderate_reviews",
             "store.view_reports", "store.change_shop", *DAILY, "team.view_members"),
        ),
        RoleTemplate(
            "seller",
            _("Seller"),
            ("store.view_products", "store.view_stock", "store.view_orders", "store.change_orders", "store.use_till",
             "store.view_customers"),
        ),
        RoleTemplate("client", _("Client"), (), for_customers=True),
    )  # fmt: skip

    def ready(self) -> None:
        """Register the one lookup of django.contrib.postgres the search needs, who is paid for orders, and who drops pages
        that are kept."""
        from django.contrib.postgres.lookups import TrigramWordSimilar
        from django.db.backends.signals import connection_created
        from django.db.models import TextField

        from tenant_apps.payments.bills import register_payee
        from tenant_apps.store.kept import watch_writes
        from tenant_apps.store.payee import OrderPayee

        connection_created.connect(watch_writes, dispatch_uid="store.watch_writes")
        TextField.register_lookup(TrigramWordSimilar)
        register_payee(OrderPayee())

    def public_face(self, tenant: Tenant) -> tuple[str, str]:
        """The shop's own name and colour."""
        from tenant_apps.store.selectors import shop

        row = shop()
        return row.name, row.brand_colour

    def is_public_photo(self, photo: Photo) -> bool:
        """Photos of published products, and the logo, are for everybody."""
        from tenant_apps.store.selectors import is_photo_published

        return is_photo_published(photo)

    def personal_data(self, user: Any) -> dict[str, Any]:
        """What the shop keeps of a customer: addresses, the partner they belong to, what they have said about products."""
        from tenant_apps.store.selectors.customers import personal_data_of
        from tenant_apps.store.selectors.reviews import words_of

        reviews = words_of(user)
        return {**personal_data_of(user), **({"reviews": reviews} if reviews else {})}

    def erase_person(self, user: Any, contacts: Collection[str]) -> None:
        """Forget addresses, notes, memberships and reviews (the ratings follow); orders go on saying who bought."""
        from tenant_apps.store.services.customers import forget_customer
        from tenant_apps.store.services.reviews import forget_reviews_of

        forget_customer(user=user, contacts=contacts)
        forget_reviews_of(user=user)
