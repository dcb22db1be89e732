"""How addresses are read on pages."""

from __future__ import annotations

import pytest

from shared_apps.accounts.models import User
from tenant_apps.store.models import Address
from tenant_apps.store.rules.addresses import lines_of_address
from tenant_apps.store.tests.selling import stocked, zone
from tenant_apps.store.tests.support import make_order
from tests.support.tenants import Browser


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        (("Rue 12", "", "Douala", "Douala"), ["Rue 12", "Douala"]),
        (("Rue 12", "Portail bleu", "Douala", " douala "), ["Rue 12", "Portail bleu", "Douala"]),
        (("Rue 12", "", "Douala, Akwa", "Akwa"), ["Rue 12", "Douala, Akwa"]),
        (("Rue 12", "", "Douala", "Douala, centre"), ["Rue 12", "Douala, centre"]),
        (("Rue 12, Douala", "", "Douala", ""), ["Rue 12, Douala"]),
        (("Rue 12", "", "Douala", "Douala centre"), ["Rue 12", "Douala", "Douala centre"]),
        (("Rue de Douala", "", "Douala", ""), ["Rue de Douala", "Douala"]),
        (("", "", "", ""), []),
    ],
)
def test_an_address_says_each_place_once(parts: tuple[str, ...], lines: list[str]) -> None:
    assert lines_of_address(*parts) == lines


def test_pages_say_a_town_once_and_group_the_number(her: Browser, owner: Browser, awa: User) -> None:
    douala = zone("Douala")
    address = Address.objects.create(
        user=awa, name="Awa", phone="+237671234567", line1="Rue 12", city="Douala", zone=douala
    )
    order = make_order((stocked(), 1), user=awa, line1="Rue 12", city="Douala", zone=douala, zone_name="Douala")
    for browser, path in (
        (her, "/addresses/"),
        (owner, f"/staff/customers/{awa.pk}/"),
        (her, f"/addresses/{address.pk}/delete/"),
        (her, f"/orders/{order.pk}/"),
    ):
        html = browser.get(path).content.decode()
        said = html[html.index("Rue 12", html.index("<main")) :].split("</address>" if "/orders/" in path else "</p>")[
            0
        ]
        assert said.count("Douala") == 1, path
        if "delete" not in path and "orders" not in path:
            assert "+237 6 71 23 45 67" in said, path
