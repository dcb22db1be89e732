"""The products a tenant can be, each a tenant type of django-tenants.

Plain data, read by the settings. `docs/adding-a-product.md` says what a new one needs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductType:
    """One tenant type: its apps, its URLconf, its staff's first page, its defaults, how it counts what plans limit, and
    where the platform learns of its takings ("" where it takes no money)."""

    key: str
    apps: tuple[str, ...]
    urlconf: str
    home_path: str
    create_defaults: str
    counted: str
    takings: str


def _product(key: str, *, home_path: str, takes_money: bool = False) -> ProductType:
    till = ("tenant_apps.payments",) if takes_money else ()
    return ProductType(
        key=key,
        apps=("shared_apps.usage", "tenant_apps.team", *till, f"tenant_apps.{key}"),
        urlconf=f"baobab.urls_{key}",
        home_path=home_path,
        create_defaults=f"tenant_apps.{key}.services.create_defaults",
        counted=f"tenant_apps.{key}.selectors.COUNTED",
        takings="tenant_apps.payments.services" if takes_money else "",
    )


PRODUCTS = {
    "store": _product("store", home_path="/staff/", takes_money=True),
    "events": _product("events", home_path="/staff/", takes_money=True),
    "esxi": _product("esxi", home_path="/"),
}
