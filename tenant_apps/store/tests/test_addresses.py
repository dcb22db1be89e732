"""How addresses are read on pages."""

from __future__ import annotations

import re

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


@pytest.mark.parametrize(
    ("path", "end", "numbers"),
    [
        ("/addresses/", "</p>", ["+237 6 71 23 45 67"]),
        ("/staff/customers/{person}/", "</p>", ["+237 6 71 23 45 67"]),
        ("/addresses/{address}/delete/", "</p>", []),
        ("/orders/{order}/", "</address>", []),
    ],
)
def test_pages_say_a_town_once_and_group_the_number(
    her: Browser, owner: Browser, awa: User, path: str, end: str, numbers: list[str]
) -> None:
    douala = zone("Douala")
    address = Address.objects.create(
        user=awa, name="Awa", phone="+237671234567", line1="Rue 12", city="Douala", zone=douala
    )
    order = make_order((stocked(), 1), user=awa, line1="Rue 12", city="Douala", zone=douala, zone_name="Douala")
    browser = owner if path.startswith("/staff/") else her
    html = browser.get(path.format(person=awa.pk, address=address.pk, order=order.pk)).content.decode()
    said = html[html.index("Rue 12", html.index("<main")) :].split(end)[0]
    assert said.count("Douala") == 1
    assert re.findall(r"\+237[0-9 ]*", said) == numbers
