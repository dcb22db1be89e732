"""What a customer chooses a list by, read from the address."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.store.rules.filters import MAX_CHOSEN, SORTS, Filters, read_filters


def read(query: str, currency: str = "XAF") -> Filters:
    return read_filters(QueryDict(query), currency=currency)


def test_every_filter_is_read() -> None:
    found = read("q=robe&shelf=mode&brand=ndolo&brand=wouri&from=1%20000&to=20000&available=1&s-taille=s&sort=cheapest")
    assert found == Filters(
        query="robe", shelf="mode", brands=("ndolo", "wouri"), price_from=1000, price_to=20000, available=True,
        specifications=(("taille", "s"),), sort="cheapest",
    )  # fmt: skip


@pytest.mark.parametrize(
    "query",
    ["from=abc&to=-5", "sort=DROP", "available=yes", "brand=&s-taille=", "from=1.5", "to=99999999999999999999", "x=1"],
)
def test_what_cannot_be_read_is_not_chosen(query) -> None:
    assert read(query) == Filters()


def test_prices_the_wrong_way_round_are_turned_and_cents_are_kept() -> None:
    assert (read("from=500&to=100").price_from, read("from=500&to=100").price_to) == (100, 500)
    assert read("from=19,90", "EUR").price_from == 1990


def test_nobody_chooses_by_thousands_of_values() -> None:
    many = "&".join(f"brand=b{number}&s-x=v{number}" for number in range(500))
    found = read(many)
    assert (len(found.brands), len(found.specifications)) == (MAX_CHOSEN, MAX_CHOSEN)


slugs = st.integers(0, 99).map(lambda number: f"value-{number}")


@given(
    st.builds(
        Filters,
        query=st.sampled_from(["", "robe", "café d’été", "a&b=c"]),
        shelf=slugs,
        brands=st.lists(slugs, max_size=4, unique=True).map(tuple),
        price_from=st.none() | st.integers(0, 10**6),
        price_to=st.none() | st.integers(10**6, 10**9),
        available=st.booleans(),
        sort=st.sampled_from(["", *SORTS]),
    ),
    st.sampled_from(["XAF", "EUR"]),
)
def test_filters_go_into_an_address_and_come_back(filters: Filters, currency: str) -> None:
    assert read(filters.as_query(currency=currency), currency) == filters
