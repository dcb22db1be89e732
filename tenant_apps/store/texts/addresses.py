"""Addresses in words."""

from __future__ import annotations

from tenant_apps.store.models import Address, Order
from tenant_apps.store.rules.addresses import lines_of_address


def address_lines(address: Address | Order) -> list[str]:
    """Where an order or somebody's address is, line by line, each place said once. No query where an address was fetched with
    its zone."""
    zone = address.zone_name if isinstance(address, Order) else str(address.zone or "")
    return lines_of_address(address.line1, address.line2, address.city, zone)
