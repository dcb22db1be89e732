"""The demonstration shop is filled by the services that people use."""

from __future__ import annotations

from collections import Counter

import pytest

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store import demo, demo_orders
from tenant_apps.store.models import Invoice, Order, Product
from tenant_apps.store.selectors import shop
from tenant_apps.store.selectors.setup import first_steps


def test_the_demonstration_shop_has_goods_and_orders_in_every_state_and_is_filled_once(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = {name for wanted in demo_orders.ORDERS for name, _pieces in wanted.goods}
    goods = [one for one in demo.GOODS if one.name in ordered]  # each has a photo made, which takes its time
    monkeypatch.setattr(demo, "GOODS", goods)
    monkeypatch.setattr(demo, "SHELVES", {"Épicerie": demo.SHELVES["Épicerie"]})
    owner = User.objects.get(is_staff=True)
    demo.load(tenant=tenant, owner=owner)
    statuses = Counter(Order.objects.values_list("status", flat=True))
    assert statuses == {"delivered": 2, "shipped": 1, "preparing": 1, "confirmed": 1, "cancelled": 1}
    assert Invoice.objects.count() == 2
    assert set(Product.objects.filter(status="published").values_list("name", flat=True)) == ordered
    assert [step.is_done for step in first_steps(shop())] == [True] * 5 + [False]
    demo.load(tenant=tenant, owner=owner)
    assert Order.objects.count() == 6
