"""The plans the platform opens with; from then on they are edited as data.

XAF and XOF have the same parity, so the same figure stands for both; euro prices are set, not converted. A quarter
costs 5 % less than three months, a year costs ten months (the esxi figures are given).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing.services.catalogue import Offer


def _prices(*, monthly_cfa: int, monthly_eur_cents: int) -> dict[tuple[str, str], int]:
    prices: dict[tuple[str, str], int] = {}
    for currency, monthly in (("XAF", monthly_cfa), ("XOF", monthly_cfa), ("EUR", monthly_eur_cents)):
        step = 100 if currency == "EUR" else 250  # round prices: no cents, no odd francs
        prices["monthly", currency] = monthly
        prices["quarterly", currency] = monthly * 3 * 95 // 100 // step * step
        prices["yearly", currency] = monthly * 10
    return prices


def _esxi(name: str, position: int, cfa: int, cents: int, limits: tuple[int, ...], features: tuple[str, ...],
          days: tuple[int, int]) -> Offer:  # fmt: skip
    servers, vms, backups, storage, users = limits
    return Offer(
        product="esxi",
        name=name,
        display_name=name.capitalize(),
        position=position,
        is_recommended=name == "silver",
        prices=_prices(monthly_cfa=cfa, monthly_eur_cents=cents),
        quotas={
            "esxi_servers": servers,
            "vms": vms,
            "backups_per_month": backups,
            "storage_gb": storage,
            "users": users,
        },
        features=features,
        retention={"snapshot_days": days[0], "backup_days": days[1]},
    )


def _simple(product: str, name: str, position: int, cfa: int, cents: int, quotas: dict[str, int | None],
            features: tuple[str, ...]) -> Offer:  # fmt: skip
    return Offer(
        product=product,
        name=name,
        display_name=name.capitalize(),
        position=position,
        is_recommended=position == 2,
        prices=_prices(monthly_cfa=cfa, monthly_eur_cents=cents),
        quotas=quotas,
        features=features,
        retention={},
    )


_SILVER = ("email_notifications", "replication", "verification", "monitoring")
OFFERS: tuple[Offer, ...] = (
    _simple("store", "standard", 1, 10_000, 1_500, {"products": 100, "users": 2, "storage_gb": 2},
            ("storefront", "mobile_money", "point_of_sale")),
    _simple("store", "premium", 2, 25_000, 3_900, {"products": 2_000, "users": 8, "storage_gb": 20},
            ("storefront", "mobile_money", "point_of_sale", "promotions", "analytics", "custom_domain")),
    _simple("store", "gold", 3, 60_000, 9_200, {"products": None, "users": 30, "storage_gb": 100},
            ("storefront", "mobile_money", "point_of_sale", "promotions", "analytics", "custom_domain", "api_access",
             "priority_support")),
    _simple("events", "standard", 1, 8_000, 1_200, {"events_per_month": 5, "users": 2, "commission_bp": 500},
            ("registrations", "tickets", "mobile_money")),
    _simple("events", "premium", 2, 20_000, 3_100, {"events_per_month": 30, "users": 8, "commission_bp": 300},
            ("registrations", "tickets", "mobile_money", "reduced_commission", "analytics", "promotion")),
    _simple("events", "gold", 3, 50_000, 7_700, {"events_per_month": None, "users": 30, "commission_bp": 150},
            ("registrations", "tickets", "mobile_money", "reduced_commission", "analytics", "promotion",
             "custom_profile", "api_access", "priority_support")),
    _esxi("bronze", 1, 25_000, 3_900, (2, 10, 100, 100, 2), ("email_notifications",), (7, 30)),
    _esxi("silver", 2, 50_000, 7_700, (5, 50, 500, 500, 5), _SILVER, (14, 60)),
    _esxi("gold", 3, 100_000, 15_300, (20, 200, 2_000, 2_000, 20), (*_SILVER, "api_access", "priority_support"),
          (30, 90)),
)  # fmt: skip

# The rate a seller of that country opens with, for customers of the same country, included in prices. To be confirmed by
# an accountant: rates are data, and admins enter what applies elsewhere.
TAXES: dict[str, tuple[str, Decimal]] = {
    "BF": ("TVA", Decimal(18)), "BJ": ("TVA", Decimal(18)), "CG": ("TVA", Decimal("18.9")), "CI": ("TVA", Decimal(18)),
    "CM": ("TVA", Decimal("19.25")), "GA": ("TVA", Decimal(18)), "ML": ("TVA", Decimal(18)), "NE": ("TVA", Decimal(19)),
    "SN": ("TVA", Decimal(18)), "TG": ("TVA", Decimal(18)),
}  # fmt: skip
TAXES_SINCE = date(2020, 1, 1)

METHODS = (
    ("mtn_momo", "MTN Mobile Money", True, 1),
    ("paypal", "PayPal", True, 2),
    ("bank_transfer", "Virement bancaire", False, 3),
)
