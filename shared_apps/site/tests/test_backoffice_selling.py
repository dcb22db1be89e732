"""The back office's pages about plans, coupons and tax rates."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Coupon, Order, Plan, PlanVersion, TaxRate
from billing.services.taxes import set_tax_rate, today_here
from shared_apps.audit.models import AuditLog
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer

pytestmark = pytest.mark.django_db


def bronze() -> Plan:
    return Plan.objects.get(product="esxi", name="bronze")


def current(plan: Plan) -> PlanVersion:
    return plan.versions.get(is_current=True)


def filled(client: Any, url: str) -> dict[str, Any]:
    """What the form at an address would send as it stands."""
    form = client.get(url).context["form"]
    values = {field.html_name: field.value() for field in form}
    return {name: value for name, value in values.items() if value is not None and value is not False and value != ""}


@pytest.mark.parametrize(
    "path",
    [
        "plans/", "plans/new/?product=store", "plans/1/", "plans/1/edit/", "coupons/", "coupons/new/", "coupons/1/",
        "coupons/1/edit/", "taxes/", "taxes/new/", "taxes/1/end/",
    ],
)  # fmt: skip
def test_pages_are_for_platform_admins_alone(path: str) -> None:
    for client, status in ((visitor(), 302), (logged_in(make_user()), 403)):
        assert client.get(f"/backoffice/{path}").status_code == status
        assert client.post(f"/backoffice/{path}").status_code in (status, 405)


@pytest.mark.parametrize("path", ["plans/1/sale/", "coupons/1/switch/", "taxes/1/withdraw/"])
def test_buttons_are_for_platform_admins_alone(path: str) -> None:
    assert logged_in(make_user()).post(f"/backoffice/{path}").status_code == 403
    assert logged_in(make_admin()).get(f"/backoffice/{path}").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "plans/99999/",
        "plans/99999/edit/",
        "plans/new/",
        "plans/new/?product=bank",
        "coupons/99999/",
        "taxes/99999/end/",
    ],
)
def test_what_is_not_there_is_not_found(admin: Any, path: str) -> None:
    assert admin.get(f"/backoffice/{path}").status_code == 404


class TestPlans:
    URL = "/backoffice/plans/"

    def edit(self, admin: Any, **changes: Any) -> Any:
        data = filled(admin, f"{self.URL}{bronze().pk}/edit/")
        return admin.post(f"{self.URL}{bronze().pk}/edit/", {**data, **changes})

    def test_the_list_shows_versions_prices_and_who_has_them_in_constant_queries(
        self, admin: Any, django_assert_max_num_queries: Any
    ) -> None:
        with django_assert_max_num_queries(8):
            page = text_of(admin.get(self.URL))
        assert "Bronze" in page
        assert "25\u202f000\xa0FCFA" in page

    def test_as_it_stands_nothing_would_change(self, admin: Any) -> None:
        answer = self.edit(admin)
        assert (answer.context["changes"], answer.context["shown"], answer.context["doubts"]) == ([], [], [])
        assert 'name="publish"' not in text_of(answer)

    def test_a_change_is_shown_before_it_is_published(self, admin: Any) -> None:
        pay_by_transfer(make_order(product="esxi", plan="bronze"))
        make_order(product="esxi", plan="bronze")
        number = current(bronze()).number
        preview = self.edit(admin, price_monthly_XAF="27 500", price_monthly_EUR="41,90", quota_vms="illimité")
        [monthly, euros, machines] = sorted(
            preview.context["changes"], key=lambda change: ("25" not in change.before, change.before)
        )
        assert (monthly.before, monthly.after) == ("25\u202f000\xa0FCFA", "27\u202f500\xa0FCFA")
        assert (preview.context["keeps"], current(bronze()).number) == ({"organisations": 1, "orders": 1}, number)
        assert {euros.after, machines.after} >= {"41,90\xa0€"}
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text_of(preview)))
        features = re.findall(r'<input type="hidden" name="features" value="([^"]*)"', text_of(preview))
        admin.post(f"{self.URL}{bronze().pk}/edit/", {**hidden, "features": features, "publish": "1"})
        version = current(bronze())
        prices = {(price.cycle, price.currency): price.amount_minor for price in version.prices.all()}
        assert (version.number, version.quotas["vms"]) == (number + 1, None)
        assert (prices["monthly", "XAF"], prices["monthly", "EUR"], prices["yearly", "XAF"]) == (27_500, 4_190, 250_000)
        assert (
            AuditLog.objects.get(action="plan.published", resource_id=str(version.pk)).actor_label == admin.user.email
        )
        assert "27\u202f500\xa0FCFA" in text_of(visitor().get("/pricing/"))
        page = admin.get(f"{self.URL}{bronze().pk}/")
        assert [entry["version"].subscribers for entry in page.context["history"]] == [0, 1]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("price_monthly_XAF", "25.000"),
            ("price_monthly_XAF", "25000,50"),
            ("price_monthly_EUR", "38,111"),
            ("price_monthly_JPY", "-1"),
            ("price_yearly_USD", "abc"),
            ("quota_vms", "beaucoup"),
            ("quota_vms", "-1"),
            ("display_name", ""),
            ("position", "x"),
            ("features", ["nothing_like_it"]),
            ("retention_backup_days", "0"),
            ("grace_days", "91"),
            ("based_on", ""),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
        self, admin: Any, field: str, value: Any
    ) -> None:
        answer = self.edit(admin, **{"display_name": "Bronze neuf", field: value})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        if field != "display_name":
            assert "Bronze neuf" in text_of(answer)
        assert bronze().display_name == "Bronze"

    def test_a_plan_without_any_price_is_no_plan(self, admin: Any) -> None:
        data = filled(admin, f"{self.URL}{bronze().pk}/edit/")
        without = {name: value for name, value in data.items() if not name.startswith("price_")}
        answer = admin.post(f"{self.URL}{bronze().pk}/edit/", without)
        assert list(answer.context["form"].errors) == ["price_monthly_XAF"]

    def test_a_slip_in_a_longer_cycle_is_pointed_out(self, admin: Any) -> None:
        assert len(self.edit(admin, price_yearly_XAF="2 500 000").context["doubts"]) == 1

    def test_somebody_elses_change_in_between_is_not_overwritten(self, admin: Any) -> None:
        data = filled(admin, f"{self.URL}{bronze().pk}/edit/")
        self.edit(admin, price_monthly_XAF="26000", publish="1")
        answer = admin.post(f"{self.URL}{bronze().pk}/edit/", {**data, "price_monthly_XAF": "1", "publish": "1"})
        assert answer.status_code == 422
        assert current(bronze()).prices.get(cycle="monthly", currency="XAF").amount_minor == 26_000

    def test_going_back_to_the_form_keeps_everything(self, admin: Any) -> None:
        answer = self.edit(admin, price_monthly_XAF="27 500", edit="1")
        assert answer.status_code == 200
        assert 'value="27 500"' in text_of(answer)

    def test_a_new_plan_is_made_and_sold(self, admin: Any) -> None:
        url = f"{self.URL}new/?product=events"
        data = {
            **filled(admin, url), "name": "mini", "display_name": "Mini", "price_monthly_XOF": "2 500",
            "quota_commission_bp": "7,5", "features": ["tickets"],
        }  # fmt: skip
        assert admin.post(url, data).context["next_number"] == 1
        assert admin.post(url, {**data, "publish": "1"}).status_code == 302
        plan = Plan.objects.get(product="events", name="mini")
        version = current(plan)
        assert version.quotas == {"events_per_month": None, "users": None, "commission_bp": 750}
        assert (version.features, version.grace_days) == (["tickets"], 7)
        assert "Mini" in text_of(visitor().get("/pricing/?currency=XOF"))
        assert list(admin.post(url, data).context["form"].errors) == ["name"]

    def test_a_retired_plan_leaves_the_pricing_page(self, admin: Any) -> None:
        sale = f"{self.URL}{bronze().pk}/sale/"
        admin.post(sale, {"is_active": "0"})
        assert "Bronze" not in text_of(visitor().get("/pricing/"))
        admin.post(sale, {"is_active": "1"})
        assert "Bronze" in text_of(visitor().get("/pricing/"))


class TestCoupons:
    URL = "/backoffice/coupons/"

    def make(self, admin: Any, **changes: Any) -> Any:
        return admin.post(
            f"{self.URL}new/", {"code": "bonus", "kind": "percent", "percent": "20", "lasts": "once", **changes}
        )

    def test_one_is_made_with_everything_it_may_say(self, admin: Any) -> None:
        gold = [str(plan.pk) for plan in Plan.objects.filter(name="gold")]
        answer = self.make(
            admin, kind="amount", amount="5 000", currency="XOF", lasts="several", periods="3", plans=gold,
            first_day="2026-12-01", last_day="2026-12-31", first_purchase_only="on", max_uses="50",
            max_uses_per_organisation="1",
        )  # fmt: skip
        coupon = Coupon.objects.get()
        assert answer.headers["Location"] == f"{self.URL}{coupon.pk}/"
        assert (coupon.amount_minor, coupon.currency, coupon.periods, coupon.max_uses) == (5_000, "XOF", 3, 50)
        # Days of the platform's own time zone, both included.
        assert coupon.valid_from.isoformat() == "2026-11-30T23:00:00+00:00"
        assert coupon.valid_until.isoformat() == "2026-12-31T23:00:00+00:00"
        page = text_of(admin.get(f"{self.URL}{coupon.pk}/"))
        assert "5\u202f000\xa0FCFA" in page

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"code": "é"}, "code"),
            ({"percent": ""}, "percent"),
            ({"percent": "101"}, "percent"),
            ({"kind": "amount", "amount": "", "currency": "XAF"}, "amount"),
            ({"kind": "amount", "amount": "25.000", "currency": "XAF"}, "amount"),
            ({"kind": "amount", "amount": "0", "currency": "XAF"}, "amount"),
            ({"kind": "amount", "amount": "5", "currency": ""}, "currency"),
            ({"kind": "amount", "amount": "5", "currency": "GBP"}, "currency"),
            ({"kind": "gift"}, "kind"),
            ({"lasts": "several", "periods": ""}, "periods"),
            ({"lasts": "several", "periods": "1"}, "periods"),
            ({"first_day": "2026-12-31", "last_day": "2026-12-01"}, "last_day"),
            ({"first_day": "demain"}, "first_day"),
            ({"plans": ["99999"]}, "plans"),
            ({"max_uses": "0"}, "max_uses"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(self, admin: Any, changes: dict[str, Any], field: str) -> None:
        answer = self.make(admin, **changes)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert not Coupon.objects.exists()

    def test_another_code_is_generated_and_the_rest_is_kept(self, admin: Any) -> None:
        answer = self.make(admin, generate="1", percent="35", max_uses="7")
        form = answer.context["form"]
        assert re.fullmatch(r"[A-Z0-9]{8}", form["code"].value())
        assert (form["percent"].value(), form["max_uses"].value()) == ("35", "7")
        assert not Coupon.objects.exists()

    def test_the_list_is_filtered_by_state_and_code(self, admin: Any) -> None:
        now = timezone.now()
        Coupon.objects.create(code="ACTIF", percent=10)
        Coupon.objects.create(code="PLUSTARD", percent=10, valid_from=now + timedelta(days=1))
        Coupon.objects.create(code="FINI", percent=10, valid_until=now)
        Coupon.objects.create(code="EPUISE", percent=10, max_uses=1, used=1)
        Coupon.objects.create(code="COUPE", percent=10, is_active=False, valid_until=now)
        states = {"on": "ACTIF", "planned": "PLUSTARD", "over": "FINI", "used_up": "EPUISE", "off": "COUPE"}
        for state, code in states.items():
            rows = admin.get(f"{self.URL}?state={state}").context["rows"]
            assert [row["coupon"].code for row in rows] == [code]
        assert [row["coupon"].code for row in admin.get(f"{self.URL}?q=tar").context["rows"]] == ["PLUSTARD"]
        assert len(admin.get(f"{self.URL}?state=nonsense&q=\x00").context["rows"]) in (0, 5)

    def test_the_list_costs_the_same_however_many_there_are(
        self, admin: Any, django_assert_max_num_queries: Any
    ) -> None:
        Coupon.objects.bulk_create(Coupon(code=f"CODE-{n}", percent=10) for n in range(25))
        with django_assert_max_num_queries(8):
            admin.get(self.URL)

    def test_a_coupon_shows_who_used_it_and_what_it_saved(self, admin: Any) -> None:
        coupon = Coupon.objects.create(code="BONUS", percent=20)
        paid = make_order(coupon_code="BONUS")
        pay_by_transfer(paid)
        make_order(coupon_code="BONUS", organisation_name="Pas encore payé")
        answer = admin.get(f"{self.URL}{coupon.pk}/")
        [saving] = answer.context["savings"]
        assert (saving.amount.minor, saving.orders) == (5_000, 1)
        page = text_of(answer)
        assert paid.number in page
        assert "Pas encore payé" in page

    def test_what_was_promised_cannot_be_sent_over_the_form_either(self, admin: Any) -> None:
        coupon = Coupon.objects.create(code="BONUS", percent=20, max_uses=5)
        make_order(coupon_code="BONUS")
        url = f"{self.URL}{coupon.pk}/edit/"
        answer = admin.post(
            url, {"percent": "90", "code": "AUTRE", "kind": "percent", "lasts": "always", "max_uses": "8"}
        )
        assert answer.status_code == 302
        coupon.refresh_from_db()
        assert (coupon.code, coupon.percent, coupon.periods, coupon.max_uses) == ("BONUS", 20, 1, 8)
        assert list(admin.post(url, {"max_uses": "3"}).context["form"].errors) == ["max_uses"]

    def test_an_edit_that_changes_nothing_keeps_every_moment(self, admin: Any) -> None:
        moment = timezone.now()
        coupon = Coupon.objects.create(
            code="BONUS", percent=20, valid_from=moment, valid_until=moment + timedelta(days=9)
        )
        url = f"{self.URL}{coupon.pk}/edit/"
        admin.post(url, filled(admin, url))
        assert not AuditLog.objects.filter(action="coupon.changed").exists()
        again = Coupon.objects.get()
        assert (again.valid_from, again.valid_until) == (moment, moment + timedelta(days=9))

    def test_one_that_is_switched_off_is_refused_and_may_come_back(self, admin: Any) -> None:
        coupon = Coupon.objects.create(code="BONUS", percent=20)
        admin.post(f"{self.URL}{coupon.pk}/switch/", {"is_active": "0"})
        assert not Coupon.objects.get().is_active
        admin.post(f"{self.URL}{coupon.pk}/switch/", {"is_active": "1"})
        assert Coupon.objects.get().is_active


class TestTaxes:
    URL = "/backoffice/taxes/"
    RATE = {"country": "SN", "name": "TVA", "percent": "18,5", "way": "added"}

    def send(self, admin: Any, **changes: Any) -> Any:
        return admin.post(f"{self.URL}new/", {**self.RATE, "valid_from": today_here().isoformat(), **changes})

    def test_a_rate_is_shown_for_what_it_does_before_it_is_kept(self, admin: Any) -> None:
        preview = self.send(admin)
        [example] = preview.context["examples"]
        amounts = example.amounts
        assert (amounts.net.minor, amounts.tax.minor, amounts.total.minor) == (25_000, 4_625, 29_625)
        assert not TaxRate.objects.filter(country="SN").exists()
        assert self.send(admin, save="1").status_code == 302
        rate = TaxRate.objects.get(country="SN")
        assert (rate.percent, rate.is_included, rate.valid_from) == (Decimal("18.5"), False, today_here())
        assert AuditLog.objects.get(action="tax.set", resource_id=str(rate.pk)).actor_label == admin.user.email

    def test_the_rate_that_would_end_is_named(self, admin: Any) -> None:
        ending = self.send(admin, country="CM").context["ending"]
        assert ending["rate"].percent == Decimal("19.25")

    def test_a_reversed_charge_is_shown_for_both_kinds_of_customers(self, admin: Any) -> None:
        examples = self.send(admin, country="FR", reverse_charge="on").context["examples"]
        assert [one.amounts.total.minor for one in examples] == [29_625, 25_000]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"country": "ZZ"}, "country"),
            ({"country": ""}, "country"),
            ({"percent": "100"}, "percent"),
            ({"percent": "-1"}, "percent"),
            ({"percent": "1e1"}, "percent"),
            ({"percent": "18,12345"}, "percent"),
            ({"name": ""}, "name"),
            ({"way": ""}, "way"),
            ({"valid_from": "demain"}, "valid_from"),
            ({"country": "CM", "valid_from": "2024-01-01", "save": "1"}, "valid_from"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(self, admin: Any, changes: dict[str, str], field: str) -> None:
        answer = self.send(admin, **changes)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]

    def test_a_rate_is_ended_and_a_planned_one_withdrawn(self, admin: Any) -> None:
        cameroon = TaxRate.objects.get(country="CM")
        last = today_here() + timedelta(days=5)
        planned = set_tax_rate(country="CM", name="TVA", percent=Decimal(20), valid_from=last + timedelta(days=1))
        end = f"{self.URL}{cameroon.pk}/end/"
        wrong = admin.post(end, {"last_day": (today_here() - timedelta(days=1)).isoformat()})
        assert list(wrong.context["form"].errors) == ["last_day"]
        admin.post(f"{self.URL}{planned.pk}/withdraw/")
        assert not TaxRate.objects.filter(pk=planned.pk).exists()
        admin.post(end, {"last_day": last.isoformat()})
        cameroon.refresh_from_db()
        assert cameroon.valid_until == last
        assert admin.post(f"{self.URL}{cameroon.pk}/withdraw/", follow=True).status_code == 200
        assert TaxRate.objects.filter(pk=cameroon.pk).exists()

    def test_the_list_is_one_query_of_rates(self, admin: Any, django_assert_max_num_queries: Any) -> None:
        for number, country in enumerate(("SN", "CI", "FR", "JP")):
            set_tax_rate(country=country, name="TVA", percent=Decimal(number + 1), valid_from=today_here())
        with django_assert_max_num_queries(6):
            page = text_of(admin.get(self.URL))
        assert "Sénégal" in page


def test_orders_made_before_keep_what_they_cost(admin: Any) -> None:
    order = make_order(product="esxi", plan="bronze")
    TestPlans().edit(admin, price_monthly_XAF="27 500", publish="1")
    assert Order.objects.get(pk=order.pk).total_minor == 25_000
    assert pay_by_transfer(order).amount_minor == 25_000
