"""One address is the default, however many are added at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection

from shared_apps.accounts.models import User
from tenant_apps.store.models import Address
from tenant_apps.store.services import customers
from tests.support.tenants import ready_tenant
from tests.support.threads import interrupted

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.mark.parametrize("locked", [True, False])
def test_the_first_of_two_addresses_added_at_once_is_the_default(locked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    user = User.objects.create_user("awa@example.org", None)
    if not locked:
        monkeypatch.setattr(customers, "_lock", lambda user: None)

    def add(line: str) -> Any:
        connection.set_tenant(tenant)
        details = customers.AddressDetails(name="A", phone="+221771234567", line1=line, city="Dakar")
        return customers.add_address(user=User.objects.get(pk=user.pk), details=details)

    met = interrupted(monkeypatch, customers, "_record", first=lambda: add("A"), then=lambda: add("B"))
    connection.set_tenant(tenant)
    kept = list(Address.objects.order_by("pk").values_list("line1", "is_default"))
    if locked:
        assert kept == [("A", True), ("B", False)]
    else:
        # Both take themselves for the first; the database refuses the second.
        assert any(isinstance(one, IntegrityError) for one in met)
        assert kept == [("A", True)]
