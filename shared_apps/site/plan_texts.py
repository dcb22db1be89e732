"""What products, quotas and features are called on the pricing page and in sign-up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from billing.models import Order
from shared_apps.core.numbers import number_text

Text = str | Promise


@dataclass(frozen=True, slots=True)
class ProductText:
    """How a product presents itself."""

    name: Text
    audience: Text
    promise: Text
    icon: str


PRODUCTS: dict[str, ProductText] = {
    "store": ProductText(
        gettext_lazy("Store"),
        gettext_lazy("For shops that sell online and at the counter"),
        gettext_lazy("Your catalogue, your orders and your till in one place, with payment by mobile money."),
        "store",
    ),
    "events": ProductText(
        gettext_lazy("Events"),
        gettext_lazy("For associations, clubs and organisers"),
        gettext_lazy("Publish your events, take registrations and payments, and check people in at the door."),
        "calendar-days",
    ),
    "esxi": ProductText(
        gettext_lazy("ESXi backup"),
        gettext_lazy("For teams that run VMware ESXi servers"),
        gettext_lazy("Back up your virtual machines, check every backup, and restore in minutes."),
        "server",
    ),
}

CYCLES: dict[str, Text] = {
    "monthly": gettext_lazy("Monthly"),
    "quarterly": gettext_lazy("Quarterly"),
    "yearly": gettext_lazy("Yearly"),
}
PERIODS: dict[str, Text] = {
    "monthly": gettext_lazy("per month"),
    "quarterly": gettext_lazy("per quarter"),
    "yearly": gettext_lazy("per year"),
}
CURRENCIES: dict[str, Text] = {
    "XAF": gettext_lazy("FCFA (Central Africa)"),
    "XOF": gettext_lazy("FCFA (West Africa)"),
    "GNF": gettext_lazy("Guinean franc"),
    "EUR": gettext_lazy("Euro"),
    "USD": gettext_lazy("US dollar"),
    "JPY": gettext_lazy("Japanese yen"),
}
# The same in two parts, for a switch: what people call the money, and where it is used.
CURRENCY_PARTS: dict[str, tuple[Text, Text]] = {
    "XAF": ("FCFA", gettext_lazy("Central Africa")),
    "XOF": ("FCFA", gettext_lazy("West Africa")),
    "GNF": (gettext_lazy("Guinean franc"), ""),
    "EUR": (gettext_lazy("Euro"), ""),
    "USD": (gettext_lazy("US dollar"), ""),
    "JPY": (gettext_lazy("Yen"), ""),
}
ORDER_KINDS: dict[str, Text] = {
    Order.Kind.FIRST: gettext_lazy("First order"),
    Order.Kind.RENEWAL: gettext_lazy("Renewal"),
    Order.Kind.CHANGE: gettext_lazy("Change of plan"),
}

FEATURES: dict[str, Text] = {
    "storefront": gettext_lazy("Online shop made for phones"),
    "mobile_money": gettext_lazy("Payment by mobile money, card and transfer"),
    "point_of_sale": gettext_lazy("Till that works without a connection"),
    "promotions": gettext_lazy("Promotions and discount rules"),
    "analytics": gettext_lazy("Sales and attendance figures"),
    "custom_domain": gettext_lazy("Your own domain name"),
    "api_access": gettext_lazy("API access"),
    "priority_support": gettext_lazy("Priority support"),
    "registrations": gettext_lazy("Registrations with waiting list"),
    "tickets": gettext_lazy("Tickets with QR code"),
    "reduced_commission": gettext_lazy("Reduced commission"),
    "promotion": gettext_lazy("Your events put forward"),
    "custom_profile": gettext_lazy("Organiser page in your colours"),
    "email_notifications": gettext_lazy("E-mail notifications"),
    "replication": gettext_lazy("Replication to a second host"),
    "verification": gettext_lazy("Automatic check of backups"),
    "monitoring": gettext_lazy("Monitoring of servers"),
}

# What each product's plans limit and keep; commission is in hundredths of a per cent.
QUOTAS_OF: dict[str, tuple[str, ...]] = {
    "store": ("products", "storage_gb", "users"),
    "events": ("events_per_month", "users", "commission_bp"),
    "esxi": ("esxi_servers", "vms", "backups_per_month", "storage_gb", "users"),
}
QUOTA_LABELS: dict[str, Text] = {
    "products": gettext_lazy("Products"),
    "events_per_month": gettext_lazy("Events a month"),
    "esxi_servers": gettext_lazy("ESXi servers"),
    "vms": gettext_lazy("Virtual machines"),
    "backups_per_month": gettext_lazy("Backups a month"),
    "storage_gb": gettext_lazy("Storage (GB)"),
    "users": gettext_lazy("Users"),
    "commission_bp": gettext_lazy("Commission on tickets sold"),
}
RETENTION_OF: dict[str, tuple[str, ...]] = {"store": (), "events": (), "esxi": ("snapshot_days", "backup_days")}
RETENTION_LABELS: dict[str, Text] = {
    "snapshot_days": gettext_lazy("Snapshots are kept"),
    "backup_days": gettext_lazy("Backups are kept"),
}

# The order in which people compare; PostgreSQL's jsonb does not keep one.
_QUOTA_ORDER = (
    "products", "events_per_month", "esxi_servers", "vms", "backups_per_month", "storage_gb", "users", "commission_bp",
)  # fmt: skip
_COUNTED = {
    "products": ngettext_lazy("%(number)s product", "%(number)s products", "count"),
    "users": ngettext_lazy("%(number)s user", "%(number)s users", "count"),
    "events_per_month": ngettext_lazy("%(number)s event a month", "%(number)s events a month", "count"),
    "esxi_servers": ngettext_lazy("%(number)s ESXi server", "%(number)s ESXi servers", "count"),
    "vms": ngettext_lazy("%(number)s virtual machine", "%(number)s virtual machines", "count"),
    "backups_per_month": ngettext_lazy("%(number)s backup a month", "%(number)s backups a month", "count"),
    "storage_gb": ngettext_lazy("%(number)s GB of storage", "%(number)s GB of storage", "count"),
}
_UNLIMITED: dict[str, Text] = {
    "products": gettext_lazy("Unlimited products"),
    "users": gettext_lazy("Unlimited users"),
    "events_per_month": gettext_lazy("Unlimited events"),
    "esxi_servers": gettext_lazy("Unlimited ESXi servers"),
    "vms": gettext_lazy("Unlimited virtual machines"),
    "backups_per_month": gettext_lazy("Unlimited backups"),
    "storage_gb": gettext_lazy("Unlimited storage"),
}


def quota_texts(quotas: dict[str, int | None]) -> list[str]:
    """A plan's quotas in words, the most telling first."""
    rank = {name: position for position, name in enumerate(_QUOTA_ORDER)}
    return [quota_text(name, quotas[name]) for name in sorted(quotas, key=lambda name: (rank.get(name, 99), name))]


def quota_text(name: str, value: int | None) -> str:
    """A quota in words: "100 products", "Unlimited events", "5 % commission on tickets"."""
    if name == "commission_bp":
        return _("%(percent)s%% commission on tickets sold") % {"percent": number_text(Decimal(value or 0) / 100)}
    if value is None:
        return str(_UNLIMITED.get(name, _humanise(name)))
    if name in _COUNTED:
        return str(_COUNTED[name] % {"number": number_text(value), "count": value})
    return f"{_humanise(name)}: {number_text(value)}"


def retention_text(retention: dict[str, int]) -> str:
    """How long backups are kept, or nothing for products that keep none."""
    if "backup_days" not in retention:
        return ""
    days = retention["backup_days"]
    return ngettext("Backups kept %(days)d day", "Backups kept %(days)d days", days) % {"days": days}


def price_label(cycle: str, currency: str) -> str:
    """What a price is for: "Monthly, FCFA (Central Africa)"."""
    return f"{CYCLES[cycle]}, {CURRENCIES[currency]}"


def quota_label(name: str) -> str:
    """What a quota is called beside its field."""
    return str(QUOTA_LABELS.get(name, _humanise(name)))


def retention_label(name: str) -> str:
    """What is kept so many days."""
    return str(RETENTION_LABELS.get(name, _humanise(name)))


def feature_text(name: str) -> str:
    """A feature in words; one that nobody has named yet is shown as it is called."""
    return str(FEATURES.get(name, _humanise(name)))


def plan_label(order: Order) -> str:
    """The product and plan of an order: "Store Premium"."""
    plan = order.plan_version.plan
    return f"{PRODUCTS[plan.product].name} {plan.display_name}"


def _humanise(name: str) -> str:
    return name.replace("_", " ").capitalize()
