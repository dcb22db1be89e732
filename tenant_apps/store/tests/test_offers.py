"""What a person pays, and why: the pure rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.store.rules.offers import (
    VISITOR,
    Campaign,
    Offer,
    Person,
    Price,
    Rebate,
    delivers_free,
    discount,
    price_of,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STUDENT = Person(segment_key="student", segment_name="Étudiant", segment_bp=1_000)
UNIVERSITY = Person(
    partner_name="UCAD", partner_bp=1_500, segment_key="student", segment_name="Étudiant", segment_bp=1_000
)


def campaign(number: int = 1, kind: str = "percent", **values: object) -> Campaign:
    defaults: dict[str, object] = {"name": f"Promo {number}", "starts_at": NOW - HOUR, "ends_at": NOW + HOUR}
    return Campaign(id=number, kind=kind, **{**defaults, **values})  # type: ignore[arg-type]  # values of a test


def test_a_visitor_pays_the_list_price() -> None:
    price = price_of(Offer(15_000), VISITOR, NOW)
    assert price == Price(15_000, 15_000, ())
    assert (price.is_reduced, price.why) == (False, None)


def test_all_steps_follow_one_another_and_each_says_what_it_took_off() -> None:
    offer = Offer(20_000, promo_minor=17_500, campaigns=(campaign(percent_bp=500),))
    # 17500 - 15 % (2625) = 14875; - 10 % (1487.5 -> 1488) = 13387; - 5 % (669.35 -> 669) = 12718.
    price = price_of(offer, UNIVERSITY, NOW)
    assert price == Price(
        20_000,
        12_718,
        (
            Rebate("promo", "", 2_500),
            Rebate("partner", "UCAD", 2_625),
            Rebate("segment", "Étudiant", 1_488),
            Rebate("promotion", "Promo 1", 669),
        ),
    )
    assert price.why == Rebate("partner", "UCAD", 2_625)


def test_half_a_unit_is_taken_off_too() -> None:
    assert [discount(minor, 1_000) for minor in (4, 5, 14, 15, 25)] == [0, 1, 1, 2, 3]
    assert discount(1, 5_000) == 1
    assert discount(1, 4_999) == 0
    assert discount(10**12, 10_000) == 10**12


@pytest.mark.parametrize(
    ("starts", "ends", "final"),
    [
        (None, None, 900),
        (NOW, None, 900),
        (NOW + timedelta(microseconds=1), None, 1_000),
        (None, NOW, 1_000),
        (None, NOW + timedelta(microseconds=1), 900),
        (NOW - HOUR, NOW + HOUR, 900),
    ],
)
def test_a_promotional_price_holds_from_its_first_moment_to_just_before_its_last(
    starts: datetime | None, ends: datetime | None, final: int
) -> None:
    offer = Offer(1_000, promo_minor=900, promo_starts_at=starts, promo_ends_at=ends)
    assert price_of(offer, VISITOR, NOW).final_minor == final


def test_a_promotional_price_of_nothing_is_nothing_to_pay() -> None:
    assert price_of(Offer(1_000, promo_minor=0), UNIVERSITY, NOW) == Price(1_000, 0, (Rebate("promo", "", 1_000),))


def test_only_the_best_promotion_counts_and_of_equal_ones_the_first() -> None:
    ten = campaign(3, percent_bp=1_000)
    hundred = campaign(2, kind="fixed", amount_minor=100)
    assert price_of(Offer(999, campaigns=(ten, hundred)), VISITOR, NOW).rebates == (
        Rebate("promotion", "Promo 2", 100),
    )
    assert price_of(Offer(1_000, campaigns=(ten, hundred)), VISITOR, NOW).rebates == (
        Rebate("promotion", "Promo 2", 100),
    )
    assert price_of(Offer(1_010, campaigns=(ten, hundred)), VISITOR, NOW).rebates == (
        Rebate("promotion", "Promo 3", 101),
    )


def test_a_fixed_amount_never_goes_below_zero() -> None:
    offer = Offer(300, campaigns=(campaign(kind="fixed", amount_minor=500),))
    assert price_of(offer, VISITOR, NOW) == Price(300, 0, (Rebate("promotion", "Promo 1", 300),))


@pytest.mark.parametrize(
    "changed",
    [
        {"starts_at": NOW + timedelta(microseconds=1)},
        {"ends_at": NOW},
        {"segments": frozenset({"teacher"})},
        {"kind": "free_delivery"},
    ],
)
def test_a_promotion_that_is_not_running_not_for_this_person_or_no_price_takes_nothing_off(
    changed: dict[str, object],
) -> None:
    values = {"kind": "percent", "percent_bp": 1_000, **changed}
    offer = Offer(1_000, campaigns=(campaign(**values),))  # type: ignore[arg-type]  # values of a test
    assert price_of(offer, STUDENT, NOW).final_minor == 900
    assert price_of(offer, VISITOR, NOW).final_minor == 1_000


def test_a_promotion_for_a_segment_is_for_its_people_alone() -> None:
    offer = Offer(1_000, campaigns=(campaign(percent_bp=2_000, segments=frozenset({"student"})),))
    assert price_of(offer, VISITOR, NOW).final_minor == 1_000
    assert price_of(offer, STUDENT, NOW).final_minor == 720


def test_a_promotion_touches_all_products_or_those_it_names_or_their_shelves() -> None:
    everything = campaign()
    some = campaign(is_for_all_products=False, product_ids=frozenset({7}), category_ids=frozenset({3}))
    assert everything.touches(product_id=1, category_id=None)
    assert some.touches(product_id=7, category_id=None)
    assert some.touches(product_id=1, category_id=3)
    assert not some.touches(product_id=1, category_id=None)
    assert not some.touches(product_id=1, category_id=4)


def test_delivery_is_free_when_one_of_the_products_is_part_of_such_a_promotion() -> None:
    some = campaign(4, kind="free_delivery", is_for_all_products=False, product_ids=frozenset({7}))
    students = campaign(5, kind="free_delivery", segments=frozenset({"student"}))
    percent = campaign(1, percent_bp=10_000)
    everything = (percent, students, some)
    assert delivers_free(everything, products=[(1, None), (7, 2)], person=VISITOR, at=NOW) == some
    assert delivers_free(everything, products=[(1, None)], person=VISITOR, at=NOW) is None
    assert delivers_free(everything, products=[(1, None)], person=STUDENT, at=NOW) == students
    assert delivers_free(everything, products=[(7, None)], person=STUDENT, at=NOW) == some
    assert delivers_free(everything, products=[], person=STUDENT, at=NOW) is None
    assert delivers_free(everything, products=[(7, None)], person=STUDENT, at=NOW + HOUR) is None


amounts = st.integers(0, 10**12)
basis_points = st.integers(0, 10_000)


@given(amounts, amounts, basis_points, basis_points, st.lists(st.tuples(basis_points, amounts), max_size=3))
def test_rebates_add_up_and_a_price_is_never_below_zero_nor_above_the_list_price(
    list_minor: int, promo: int, partner: int, segment: int, promotions: list[tuple[int, int]]
) -> None:
    campaigns = tuple(
        campaign(number, "percent" if number % 2 else "fixed", percent_bp=bp, amount_minor=amount)
        for number, (bp, amount) in enumerate(promotions)
    )
    person = Person("P", partner, "s", "S", segment)
    price = price_of(Offer(list_minor, promo_minor=promo, campaigns=campaigns), person, NOW)
    assert 0 <= price.final_minor <= list_minor
    assert price.final_minor == list_minor - sum(rebate.minor for rebate in price.rebates)
    assert all(rebate.minor > 0 for rebate in price.rebates)
