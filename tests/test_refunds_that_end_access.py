"""Paid time that ends with its refund: what was bought after it moves up, and nobody keeps time that nobody paid for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from billing.models import Order, Payment, Plan, Refund, Subscription
from billing.money import Money
from billing.services.cancelling import cancel_subscription, request_deletion, undo_cancellation
from billing.services.payments import start_payment
from billing.services.refunds import mark_refund_sent, request_refund
from billing.services.renewals import open_renewal, order_change, preview_change
from billing.services.reviews import settle_review
from billing.services.subscriptions import open_workspace
from billing.services.transfers import decide_transfer
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.organisations.models import Membership
from shared_apps.site.subscription_state import has_time_left
from tests.books import check_books
from tests.support.factories import make_admin, make_order, pay_by_transfer
from tests.support.subscriptions import paid_for_days, ready_subscription

pytestmark = pytest.mark.django_db

Status = Subscription.Status


def renewed() -> tuple[Subscription, Payment]:
    """A subscription that is paid for a month more than its present one."""
    subscription = ready_subscription("store-a")
    payment = pay_by_transfer(open_renewal(subscription_id=subscription.pk))
    subscription.refresh_from_db()
    return subscription, payment


def first_payment(subscription: Subscription) -> Payment:
    return Payment.objects.get(order__subscription=subscription, order__kind="first", status="succeeded")


def end(payment: Payment, amount: Money | None = None) -> None:
    refund = request_refund(payment=payment, amount=amount, reason="Fin", ends_access=True, actor=make_admin())
    if refund.status == Refund.Status.CREATED:
        mark_refund_sent(refund=refund, admin=make_admin(), reference="VIR 1")


def seconds_apart(one: object, other: object) -> float:
    return abs((one - other).total_seconds())  # type: ignore[operator]


def test_a_renewal_that_has_not_begun_only_shortens_the_paid_time() -> None:
    subscription, payment = renewed()
    before = subscription.periods.order_by("starts_at").first().ends_at
    end(payment)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.paid_until) == (Status.ACTIVE, before)
    assert subscription.organisation.paid_until == before
    check_books()


def test_the_period_that_runs_ends_now_and_the_paid_one_after_it_moves_up() -> None:
    subscription, payment = renewed()
    renewal = subscription.periods.get(order=payment.order)
    length = renewal.ends_at - renewal.starts_at
    end(first_payment(subscription))
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert subscription.status == Status.ACTIVE
    assert renewal.ends_at - renewal.starts_at == length
    assert seconds_apart(renewal.starts_at, timezone.now()) < 60
    assert subscription.paid_until == renewal.ends_at
    assert subscription.anchor_day == timezone.localtime(renewal.ends_at, timezone.get_default_timezone()).day


def test_without_other_paid_time_the_workspace_is_read_only_at_once() -> None:
    subscription = ready_subscription("store-a")
    end(first_payment(subscription))
    subscription.refresh_from_db()
    assert (subscription.status, subscription.hold) == (Status.SUSPENDED, "unpaid")
    assert subscription.organisation.status == "suspended"
    assert seconds_apart(subscription.paid_until, timezone.now()) < 60
    assert subscription.events.first().action == "subscription.time_ended"


def test_who_wanted_no_further_period_is_cancelled() -> None:
    subscription = ready_subscription("store-a")
    Subscription.objects.filter(pk=subscription.pk).update(cancel_at_period_end=True)
    end(first_payment(subscription))
    subscription.refresh_from_db()
    assert subscription.status == Status.CANCELLED
    assert subscription.delete_after is not None


def test_time_that_a_better_plan_took_over_ends_with_the_order_that_paid_for_it() -> None:
    subscription, change = upgraded()
    pay_by_transfer(change)
    end(first_payment(subscription))
    subscription.refresh_from_db()
    assert subscription.status == Status.SUSPENDED
    assert not subscription.periods.filter(ends_at__gt=timezone.now()).exists()


def test_an_order_that_only_changed_the_plan_ends_no_time() -> None:
    _, change = upgraded()
    with pytest.raises(DomainError) as refusal:
        end(pay_by_transfer(change))
    assert (refusal.value.code, refusal.value.field) == ("change_keeps_time", "ends_access")


def test_an_open_change_of_plan_is_given_up_with_the_time_it_was_priced_for() -> None:
    subscription, change = upgraded()
    end(first_payment(subscription))
    change.refresh_from_db()
    assert change.status == Order.Status.CANCELLED


def test_an_order_that_is_not_paid_has_no_time_to_end() -> None:
    order = make_order()
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    decide_transfer(payment=payment, admin=make_admin(), approved=True, received=Money(9_000, "XAF"))
    payment = settle_review(payment=payment, decision="apply", admin=make_admin())
    with pytest.raises(DomainError) as refusal:
        end(payment)
    assert refusal.value.code == "nothing_to_end"


def test_one_of_two_payments_of_an_order_may_end_its_time() -> None:
    order = make_order()
    first = start_payment(order_id=order.pk, method="bank_transfer")
    decide_transfer(payment=first, admin=make_admin(), approved=True, received=Money(10_000, "XAF"))
    settle_review(payment=first, decision="apply", admin=make_admin())
    second = pay_by_transfer(order)
    assert second.applied_minor == 15_000
    end(second)
    assert Subscription.objects.get(pk=order.subscription_id).status == Status.SUSPENDED
    assert order.invoices.get(kind="credit_note").total_minor == 15_000
    check_books()


def test_a_workspace_that_opens_after_its_time_was_given_back_gets_none() -> None:
    order = make_order()
    end(pay_by_transfer(order))
    organisation = ready_subscription("store-b").organisation
    Subscription.objects.filter(organisation=organisation).update(organisation=None)
    later = timezone.now() + timedelta(hours=2)
    with transaction.atomic():
        open_workspace(order=Order.objects.get(pk=order.pk), organisation_id=organisation.pk, at=later)
    subscription = Subscription.objects.get(pk=order.subscription_id)
    assert (subscription.status, subscription.has_access) == (Status.SUSPENDED, False)
    assert subscription.paid_until <= timezone.now()


def upgraded() -> tuple[Subscription, Order]:
    """A subscription half-way through its month, and the open order of a better plan."""
    subscription = ready_subscription("store-a")
    paid_for_days(subscription, total=30, left=15)
    gold = Plan.objects.get(product="store", name="gold")
    preview = preview_change(subscription=subscription, plan=gold)
    change = order_change(subscription_id=subscription.pk, plan=gold, expected_due=preview.due, actor=None)
    return subscription, change


@pytest.mark.parametrize("give_up", [request_deletion, lambda **ids: cancel_subscription(reason="price", **ids)])
def test_taking_a_cancellation_back_begins_no_grace_that_a_refund_ended(give_up: Any) -> None:
    subscription = ready_subscription("store-a")
    end(first_payment(subscription))
    give_up(subscription_id=subscription.pk, actor=None)
    with pytest.raises(Conflict) as refused:
        undo_cancellation(subscription_id=subscription.pk, actor=None)
    assert refused.value.code == "payment_needed"
    subscription.refresh_from_db()
    assert (subscription.status, has_time_left(subscription)) == (Status.CANCELLED, False)


def test_a_colleague_of_the_payer_gives_nothing_back() -> None:
    subscription, colleague = ready_subscription("store-a"), make_admin()
    Membership.objects.create(organisation=subscription.organisation, user=colleague, role=Membership.Role.MEMBER)
    with pytest.raises(NotAllowed):
        request_refund(payment=first_payment(subscription), reason="Geste", actor=colleague)
