"""Tax rates as dated data: which one a customer pays on a day, and entering them without rewriting the past."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import TaxRate
from billing.services.taxes import (
    PriceTax,
    end_tax_rate,
    price_tax,
    set_tax_rate,
    tax_for,
    today_here,
    withdraw_tax_rate,
)
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
TODAY = today_here()
LONG_AGO = date(2020, 1, 1)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def enter(percent: str, since: date, *, country: str = "SN", **options: Any) -> TaxRate:
    return set_tax_rate(country=country, name="TVA", percent=Decimal(percent), valid_from=since, **options)


def days_of(country: str = "SN") -> list[tuple[str, date, date | None]]:
    rates = TaxRate.objects.filter(country=country).order_by("valid_from")
    return [(f"{rate.percent.normalize():f}", rate.valid_from, rate.valid_until) for rate in rates]


def refusal(act: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(DomainError) as refused:
        act(**options)
    return refused.value.code, refused.value.field


class TestEntering:
    def test_a_new_rate_ends_the_one_before_it(self) -> None:
        enter("18", LONG_AGO)
        enter("19", day(10))
        assert days_of() == [("18", LONG_AGO, day(9)), ("19", day(10), None)]
        assert tax_for(country="SN", on=day(9)).percent == 18
        assert tax_for(country="SN", on=day(10)).percent == 19

    def test_one_between_two_others_lasts_until_the_next(self) -> None:
        enter("18", LONG_AGO)
        enter("20", day(30))
        enter("19", day(10))
        assert days_of() == [("18", LONG_AGO, day(9)), ("19", day(10), day(29)), ("20", day(30), None)]

    def test_the_same_again_changes_nothing_and_records_nothing(self) -> None:
        enter("18", LONG_AGO)
        entries = AuditLog.objects.count()
        enter("18.000", LONG_AGO)
        assert AuditLog.objects.count() == entries

    def test_a_slip_of_today_or_of_a_day_to_come_is_put_right(self) -> None:
        for since in (TODAY, day(5)):
            enter("81", since)
            enter("18", since)
        assert [percent for percent, *_days in days_of()] == ["18", "18"]

    def test_days_that_had_a_rate_keep_it(self) -> None:
        enter("18", LONG_AGO)
        assert refusal(enter, percent="19", since=day(-1)) == ("tax_past", "valid_from")
        assert refusal(enter, percent="19", since=LONG_AGO) == ("tax_past", "valid_from")
        assert days_of() == [("18", LONG_AGO, None)]

    def test_past_days_without_one_may_get_one(self) -> None:
        enter("18", day(-10))
        enter("17", day(-30))
        assert days_of() == [("17", day(-30), day(-11)), ("18", day(-10), None)]

    def test_orders_keep_the_tax_they_were_made_with(self) -> None:
        order = make_order()
        enter("50", TODAY, country="CM", is_included=False)
        order.refresh_from_db()
        assert (order.tax_percent, order.total_minor) == (Decimal("19.25"), 25_000)
        later = make_order()
        assert (later.tax_minor, later.total_minor, later.tax_included) == (12_500, 37_500, False)


class TestEnding:
    def test_after_its_last_day_there_is_no_tax(self) -> None:
        rate = enter("18", LONG_AGO)
        end_tax_rate(rate_id=rate.pk, last_day=day(3), actor=None)
        assert tax_for(country="SN", on=day(3)).percent == 18
        assert tax_for(country="SN", on=day(4)).percent == 0

    def test_an_end_may_be_moved_but_not_into_the_past_nor_into_another_rate(self) -> None:
        rate = enter("18", LONG_AGO)
        enter("19", day(20))
        end_tax_rate(rate_id=rate.pk, last_day=day(3), actor=None)
        end_tax_rate(rate_id=rate.pk, last_day=day(19), actor=None)
        assert refusal(end_tax_rate, rate_id=rate.pk, last_day=day(-1), actor=None) == ("tax_past", "last_day")
        assert refusal(end_tax_rate, rate_id=rate.pk, last_day=day(20), actor=None) == ("tax_overlap", "last_day")

    def test_what_has_not_begun_or_is_over_is_not_ended(self) -> None:
        over = enter("18", day(-20))
        TaxRate.objects.filter(pk=over.pk).update(valid_until=day(-1))
        planned = enter("19", day(5))
        assert refusal(end_tax_rate, rate_id=over.pk, last_day=day(3), actor=None)[0] == "tax_over"
        assert refusal(end_tax_rate, rate_id=planned.pk, last_day=day(9), actor=None)[0] == "tax_not_begun"

    def test_a_planned_rate_is_withdrawn_and_the_one_before_goes_on(self) -> None:
        enter("18", LONG_AGO)
        enter("20", day(30))
        planned = enter("19", day(10))
        withdraw_tax_rate(rate_id=planned.pk, actor=None)
        assert days_of() == [("18", LONG_AGO, day(29)), ("20", day(30), None)]
        assert refusal(withdraw_tax_rate, rate_id=planned.pk, actor=None)[0] == "tax_gone"

    def test_one_that_has_begun_is_not_withdrawn(self) -> None:
        assert refusal(withdraw_tax_rate, rate_id=enter("18", TODAY).pk, actor=None)[0] == "tax_begun"


class TestWhatACustomerPays:
    def test_a_tax_number_turns_a_reverse_charge_to_nothing(self) -> None:
        enter("20", LONG_AGO, country="FR", is_included=False, reverse_charge=True, note="Autoliquidation")
        consumer, business = tax_for(country="FR"), tax_for(country="FR", tax_number=" FR 12 ")
        assert (consumer.percent, consumer.note) == (20, "")
        assert (business.percent, business.note) == (0, "Autoliquidation")

    def test_a_country_without_a_rate_pays_none(self) -> None:
        assert tax_for(country="JP").percent == 0

    @pytest.mark.parametrize(
        ("rates", "expected"),
        [
            ([], PriceTax.NONE),
            ([("0", True)], PriceTax.NONE),
            ([("18", True)], PriceTax.INCLUDED),
            ([("18", False)], PriceTax.ADDED),
            ([("18", False), ("20", True)], PriceTax.MIXED),
        ],
    )
    def test_the_pricing_page_knows_whether_tax_is_in_the_prices(
        self, rates: list[tuple[str, bool]], expected: PriceTax
    ) -> None:
        TaxRate.objects.all().delete()
        for (percent, is_included), country in zip(rates, ("SN", "FR"), strict=False):
            enter(percent, LONG_AGO, country=country, is_included=is_included)
        enter("99", day(1), country="BJ", is_included=False)
        assert price_tax() == expected
