"""Publishing plans: every change is a version of its own, and nobody's edit is lost under another's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from billing.models import Plan, PlanVersion, Price
from billing.offers import OFFERS
from billing.selectors import price_on_sale
from billing.services.catalogue import Offer, publish_offer, set_plan_on_sale
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict
from tests.support.factories import make_admin
from tests.support.threads import at_once

BRONZE = next(offer for offer in OFFERS if offer.name == "bronze")


def dearer(offer: Offer = BRONZE, minor: int = 27_500) -> Offer:
    return replace(offer, prices={**offer.prices, ("monthly", "XAF"): minor})


@pytest.mark.django_db
class TestVersions:
    def test_a_change_is_a_new_version_and_the_old_one_stays_as_it_was(self) -> None:
        old = PlanVersion.objects.get(plan__name="bronze", is_current=True)
        admin = make_admin()
        new = publish_offer(offer=dearer(), based_on=old.number, actor=admin)
        old.refresh_from_db()
        assert (old.is_current, new.is_current, new.number) == (False, True, old.number + 1)
        assert Price.objects.get(version=old, cycle="monthly", currency="XAF").amount_minor == 25_000
        on_sale = price_on_sale(product="esxi", plan="bronze", cycle="monthly", currency="XAF")
        assert on_sale is not None
        assert on_sale.amount_minor == 27_500
        entry = AuditLog.objects.get(action="plan.published", resource_id=str(new.pk))
        assert (entry.actor_label, entry.before["prices"]["monthly XAF"], entry.after["prices"]["monthly XAF"]) == (
            admin.email, 25_000, 27_500,
        )  # fmt: skip

    @pytest.mark.parametrize(
        "change",
        [
            {"quotas": {**BRONZE.quotas, "vms": None}},
            {"features": ("api_access",)},
            {"retention": {"snapshot_days": 1, "backup_days": 2}},
            {"grace_days": 10},
            {"trial_days": 14},
        ],
    )
    def test_whatever_it_gives_makes_a_version(self, change: dict[str, object]) -> None:
        before = PlanVersion.objects.count()
        version = publish_offer(offer=replace(BRONZE, **change))  # type: ignore[arg-type]  # one field of the offer
        [(name, value)] = change.items()
        kept = getattr(version, name)
        assert (tuple(kept) if isinstance(kept, list) else kept) == value
        assert PlanVersion.objects.count() == before + 1

    def test_nothing_changed_is_no_version_and_no_entry(self) -> None:
        before = (PlanVersion.objects.count(), AuditLog.objects.count())
        publish_offer(offer=BRONZE)
        assert (PlanVersion.objects.count(), AuditLog.objects.count()) == before

    def test_how_a_plan_is_shown_makes_no_version(self) -> None:
        before = PlanVersion.objects.count()
        publish_offer(offer=replace(BRONZE, display_name="Bronze+", position=7, is_recommended=True))
        assert PlanVersion.objects.count() == before
        recommended = Plan.objects.filter(product="esxi", is_recommended=True)
        assert [plan.display_name for plan in recommended] == ["Bronze+"]

    def test_an_edit_of_an_older_version_is_refused_and_shows_nothing_of_itself(self) -> None:
        publish_offer(offer=dearer(), based_on=1)
        with pytest.raises(Conflict) as refused:
            publish_offer(offer=replace(dearer(minor=1), display_name="Autre"), based_on=1)
        assert refused.value.code == "plan_changed"
        assert Plan.objects.get(product="esxi", name="bronze").display_name == "Bronze"

    def test_a_retired_plan_is_not_sold_and_may_come_back(self) -> None:
        plan = Plan.objects.get(product="esxi", name="bronze")
        assert set_plan_on_sale(plan_id=plan.pk, is_active=False, actor=None)
        assert not set_plan_on_sale(plan_id=plan.pk, is_active=False, actor=None)
        assert price_on_sale(product="esxi", plan="bronze", cycle="monthly", currency="XAF") is None
        assert set_plan_on_sale(plan_id=plan.pk, is_active=True, actor=None)
        assert price_on_sale(product="esxi", plan="bronze", cycle="monthly", currency="XAF") is not None


@pytest.mark.usefixtures("committed_db")
def test_of_two_edits_of_one_version_one_is_published() -> None:
    results = at_once(6, lambda number: publish_offer(offer=dearer(minor=30_000 + number), based_on=1))
    assert sorted(type(one).__name__ for one in results) == ["Conflict"] * 5 + ["PlanVersion"]
    assert PlanVersion.objects.filter(plan__name="bronze", plan__product="esxi", is_current=True).count() == 1


@pytest.mark.usefixtures("committed_db")
def test_plans_recommended_at_once_leave_one() -> None:
    offers = [replace(offer, is_recommended=True) for offer in OFFERS if offer.product == "esxi"]
    results = at_once(6, lambda number: publish_offer(offer=offers[number % 3]))
    assert [one for one in results if isinstance(one, Exception)] == []
    assert Plan.objects.filter(product="esxi", is_recommended=True).count() == 1
