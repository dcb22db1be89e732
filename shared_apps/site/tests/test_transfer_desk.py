"""What an admin does on a transfer's page besides approving: undoing, confirming, looking at what does not fit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Order, Payment, ReceiptTwin, TransferReceipt
from billing.money import Money
from billing.services.transfers import decide_transfer
from shared_apps.site.ageing import LATE, ON_TIME, SOON, age_of
from shared_apps.site.tests.helpers import logged_in, text_of
from shared_apps.site.tests.test_backoffice import page_of, transfer, verdict
from tests.support.factories import make_admin

pytestmark = pytest.mark.django_db


def act(client: Any, payment: Payment, what: str, **data: Any) -> Any:
    """Press a button of a verdict that does not count yet, as the page has it."""
    waiting = client.get(page_of(payment)).context["waiting"]
    data = {"verdict": waiting.decision.pk if waiting else "", "act": what, **data}
    return client.post(f"{page_of(payment)}decision/", data, follow=True)


def test_a_verdict_may_be_undone_from_the_page(admin, settings) -> None:
    settings.TRANSFER_UNDO_SECONDS = 30
    payment = transfer()
    page = text_of(verdict(admin, payment, "approve") and admin.get(page_of(payment)))
    assert 'value="undo"' in page
    assert "data-countdown-to" in page
    act(admin, payment, "undo")
    assert 'name="decision"' in text_of(admin.get(page_of(payment)))
    assert Order.objects.get(pk=payment.order_id).status == Order.Status.AWAITING_PAYMENT


def test_nobody_else_sees_the_button_or_may_press_it(admin, settings) -> None:
    settings.TRANSFER_UNDO_SECONDS = 30
    payment = transfer()
    verdict(admin, payment, "approve")
    other = logged_in(make_admin())
    assert 'value="undo"' not in text_of(other.get(page_of(payment)))
    assert "alert-warning" in text_of(act(other, payment, "undo"))
    assert payment.decisions.get().status == "waiting"


def test_a_second_person_confirms_or_sends_back_with_a_reason(admin, settings) -> None:
    settings.TRANSFER_SECOND_APPROVER_ABOVE = {}
    payment = transfer()
    verdict(admin, payment, "approve")
    assert 'value="confirm"' not in text_of(admin.get(page_of(payment)))
    second = logged_in(make_admin())
    act(second, payment, "send_back")
    assert payment.decisions.get().status == "awaiting_second", "a reason is needed"
    act(second, payment, "send_back", comment="Pas sur le relevé")
    assert "Pas sur le relevé" in text_of(admin.get(page_of(payment)))
    verdict(admin, payment, "approve")
    act(second, payment, "confirm")
    assert Order.objects.get(pk=payment.order_id).status == Order.Status.PAID


def test_a_button_of_a_verdict_that_is_gone_does_nothing(admin, settings) -> None:
    settings.TRANSFER_UNDO_SECONDS = 30
    payment = transfer()
    verdict(admin, payment, "approve")
    for data in ({"act": "undo", "verdict": payment.pk}, {"act": "undo"}, {"act": "x"}):
        answer = admin.post(f"{page_of(payment)}decision/", data, follow=True)
        assert "alert-warning" in text_of(answer)
    assert payment.decisions.get().status == "waiting"


@pytest.mark.parametrize(
    ("name", "count"), [("waiting", 1), ("second", 1), ("undoable", 1), ("partial", 1), ("announced", 0)]
)
def test_the_queue_by_what_it_waits_for(admin, settings, name, count) -> None:
    transfer()
    decide_transfer(
        payment=transfer(), admin=make_admin(), approved=True, as_received=True, received=Money(1_000, "XAF")
    )
    settings.TRANSFER_UNDO_SECONDS = 30
    decide_transfer(payment=transfer(), admin=make_admin(), approved=True)
    settings.TRANSFER_SECOND_APPROVER_ABOVE = {}
    decide_transfer(payment=transfer(), admin=make_admin(), approved=True)
    answer = admin.get(f"/backoffice/transfers/?show={name}")
    assert (len(answer.context["page"]), answer.context["counts"][name]) == (count, count)


def test_the_queue_is_searched_by_number_name_and_declared_reference(admin) -> None:
    payment, _other = transfer(), transfer()
    TransferReceipt.objects.filter(payment=payment).update(declared_reference="VIR-778")
    for q in (payment.order.number, payment.order.user.email, "vir-778"):
        found = admin.get("/backoffice/transfers/", {"q": q}).context["page"]
        assert [one.pk for one in found] == [payment.pk]
    assert not admin.get("/backoffice/transfers/", {"q": "personne"}).context["page"].object_list


def test_waiting_is_told_in_words_and_filtered(admin) -> None:
    now = timezone.now()
    hours = [timedelta(hours=one) for one in (1, 13, 25)]
    assert [age_of(now - one, now=now) for one in hours] == [ON_TIME, SOON, LATE]
    payment = transfer()
    TransferReceipt.objects.filter(payment=payment).update(created_at=now - hours[2])
    for waiting, number in (("late", 1), ("soon", 0), ("in_time", 0), ("garbage", 1)):
        assert len(admin.get(f"/backoffice/transfers/?waiting={waiting}").context["page"]) == number, waiting


def test_what_does_not_fit_is_said_in_words(admin) -> None:
    one, other = transfer(), transfer()
    receipts = TransferReceipt.objects.filter(payment=one)
    receipts.update(declared_minor=24_000, declared_on=timezone.now().date() - timedelta(days=3))
    decide_transfer(payment=other, admin=make_admin(), approved=True, bank_reference="OP-1")
    receipts.update(declared_reference="OP-1")
    ReceiptTwin.objects.create(receipt=receipts.get(), other=other.receipts.get())
    page = admin.get(page_of(one))
    assert len(page.context["flags"]) == 3
    assert other.order.number in text_of(page)
    assert f"/backoffice/receipts/{other.receipts.get().pk}/" in text_of(page), "side by side"


def test_a_transfer_that_paid_its_order_is_not_called_a_second_payment(admin) -> None:
    payment = transfer()
    verdict(admin, payment, "approve")
    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert admin.get(page_of(payment)).context["flags"] == []
