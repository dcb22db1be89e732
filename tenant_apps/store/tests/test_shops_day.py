"""A shop's days and hours are those of its organisation's country."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from shared_apps.organisations.current import Tenant
from shared_apps.organisations.fleet import in_every_tenant
from tenant_apps.payments.models import Method
from tenant_apps.store.models import Order, Shop
from tenant_apps.store.tests.test_checkout_pages import chosen, filled
from tests.support.tenants import Browser, move_to

NEARLY_MIDNIGHT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past midnight in Douala


@pytest.fixture(params=["SN", "CM"])
def country(request: pytest.FixtureRequest, tenant: Tenant) -> str:
    """Where the organisation is."""
    move_to(request.param, tenant)
    Shop.objects.update(country=request.param)
    return str(request.param)


def test_an_order_has_the_day_and_the_hour_of_its_shop(
    tenant: Tenant, country: str, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    Method.objects.update_or_create(name="cash", defaults={"is_active": True})
    monkeypatch.setattr(timezone, "now", lambda: NEARLY_MIDNIGHT)
    browser = chosen(tenant)
    browser.post("/checkout/", filled(browser, phone={"SN": "77 123 45 67", "CM": "6 71 23 45 67"}[country]))
    day, hour = {"SN": ("20260301", "23:30"), "CM": ("20260302", "0:30")}[country]
    assert Order.objects.get().number == f"{day}0001"
    html = owner.get(f"/staff/orders/{day}0001/receipt/").content.decode()
    assert hour.replace(":", "\u00a0h\u00a0") in html


def test_so_has_what_is_done_for_all_tenants(tenant: Tenant, country: str) -> None:
    seen = []
    connection.set_schema_to_public()
    in_every_tenant(
        lambda: seen.append((connection.schema_name, str(timezone.get_current_timezone()))) or 0, what="look"
    )
    assert dict(seen)[tenant.schema_name] == {"SN": "Africa/Dakar", "CM": "Africa/Douala"}[country]
