"""The products a tenant can be, each a tenant type of django-tenants.

Plain data, read by the settings. `docs/adding-a-product.md` says what a new one needs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductType:
    """One tenant type: its apps, its URLconf, and the service that gives a new tenant its defaults."""

    key: str
    apps: tuple[str, ...]
    urlconf: str
    create_defaults: str


PRODUCTS = {
    product.key: product
    for product in (
        ProductType(
            "store", ("tenant_apps.team", "tenant_apps.store"), "baobab.urls_store",
            "tenant_apps.store.services.create_defaults",
        ),
        ProductType(
            "events", ("tenant_apps.team", "tenant_apps.events"), "baobab.urls_events",
            "tenant_apps.events.services.create_defaults",
        ),
        ProductType(
            "esxi", ("tenant_apps.team", "tenant_apps.esxi"), "baobab.urls_esxi",
            "tenant_apps.esxi.services.create_defaults",
        ),
    )
}  # fmt: skip
