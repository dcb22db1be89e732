"""A provider that fails: customers are not made to wait for it, the owner is told once, and it is offered again by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.money import Money
from billing.providers import reasons
from billing.providers.breaker import BREAKS_AFTER, FAILURES_WITHIN, FIRST_PAUSE, LONGEST_PAUSE, Failure
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_email
from tenant_apps.payments import selectors
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.services import health, watching
from tenant_apps.payments.services.methods import switch_method, test_connection
from tenant_apps.payments.services.resolve import resolve_now_or_soon, resolve_payment
from tenant_apps.payments.services.starting import start_payment
from tenant_apps.payments.tests.support import PURPOSE, FakePayee, approve, begin, owner, price_for, set_up
from tenant_apps.payments.tests.test_pages import in_english, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
XOF = Money(25_000, "XOF")


def wave() -> Method:
    return Method.objects.get(pk="wave")


def fail(times: int = BREAKS_AFTER, *, failure: Failure = Failure.AWAY, every: timedelta = timedelta(seconds=1)) -> Any:
    """So many calls in a row that nobody answered, beginning now; the moment of the last."""
    now = timezone.now()
    for number in range(times):
        health.note_failure("wave", failure, reason="provider_unavailable", now=now + every * number)
    return now + every * (times - 1)


def due_now() -> list[str]:
    Method.objects.filter(next_check_at__isnull=False).update(next_check_at=timezone.now())
    return watching.claim_due_checks()


@pytest.mark.parametrize("fault", ["http_503", "html", "token_401"])
def test_calls_that_fail_are_counted_and_an_answer_ends_the_count(fault: str, payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    assert (wave().failures, wave().next_check_at) == (0, None)
    simulator.fault("wave", "*", fault, times=50)
    for _ in range(3):
        resolve_payment(payment.pk)
    assert wave().failures == (1 if fault == "token_401" else 3)  # a refusal only raises suspicion
    assert wave().next_check_at is not None
    simulator.end_faults()
    resolve_payment(payment.pk)
    assert (wave().failures, wave().next_check_at, wave().failure_reason) == (0, None, "")


def test_a_silent_provider_is_shown_as_away_and_the_other_ways_stay(payee: FakePayee, simulator: Any) -> None:
    for name in ("wave", "orange_money"):
        set_up(name, simulator)
    payment = begin("wave", payee, simulator)
    simulator.fault("wave", "*", "http_503", times=50)
    for _ in range(BREAKS_AFTER + 2):
        resolve_payment(payment.pk)
    assert [(one.method.name, one.is_away) for one in selectors.methods_for(XOF)] == [
        ("wave", True), ("orange_money", False),
    ]  # fmt: skip
    subject = payee.sell(XOF)
    with pytest.raises(Conflict) as refused:
        start_payment(purpose=PURPOSE, subject=subject, method="wave")
    assert (refused.value.code, refused.value.field) == ("method_away", "method")
    assert start_payment(purpose=PURPOSE, subject=subject, method="orange_money").status == Payment.Status.PENDING


def test_the_page_shows_it_and_does_not_let_it_be_chosen(tenant: Any, payee: FakePayee, simulator: Any) -> None:
    for name in ("wave", "orange_money"):
        set_up(name, simulator)
    fail()
    page, visitor = f"/pay/{PURPOSE}/{payee.sell(XOF)}/", in_english(tenant)
    html = text_of(visitor.get(page))
    assert "Wave is not answering for now. Choose another way to pay, or try again in a few minutes." in html
    assert html.count("disabled") == 1
    assert "Wave is not answering for now" in text_of(visitor.post(page, {"method": "wave"}), 422)
    assert not Payment.objects.exists()


def test_failures_far_apart_or_too_few_hide_nothing(simulator: Any) -> None:
    set_up("wave", simulator)
    fail(BREAKS_AFTER - 1)
    assert not wave().is_hidden
    set_up("wave", simulator)
    fail(BREAKS_AFTER * 2, every=FAILURES_WITHIN + timedelta(seconds=1))
    assert not wave().is_hidden


def test_who_sets_ways_up_is_told_once_in_words(tenant: Any, simulator: Any) -> None:
    set_up("wave", simulator)
    fail(BREAKS_AFTER + 3)
    mail = Delivery.objects.get(template="payment_way_hidden")
    assert (mail.recipient, mail.locale) == (owner().email, owner().locale)
    built = render_email(template=mail.template, recipient=mail.recipient, locale="en", context=mail.context)
    assert built.subject == f"{tenant.name}: customers cannot pay by Wave for now"
    assert "Wave has not answered several times in a row." in str(built.body)
    assert AuditLog.objects.filter(action="payment_way.hidden").count() == 1


def test_the_workspace_says_that_it_is_away(tenant_client: Any, simulator: Any) -> None:
    set_up("wave", simulator)
    fail()
    tenant_client.cookies["django_language"] = "en"
    html = tenant_client.get("/staff/ways-to-pay/").content.decode()
    assert "Wave is not answering" in html
    assert "Only for amounts in FCFA (West Africa)." in html
    assert "Offered" not in html[html.index("Wave</h3>") :]
    assert "Keys refused" not in html


def test_refused_keys_are_found_by_our_own_check_and_shown_as_such(
    tenant_client: Any, payee: FakePayee, simulator: Any
) -> None:
    payment = begin("wave", payee, simulator)
    simulator.fault("wave", "*", "token_401", times=100)
    for _ in range(BREAKS_AFTER * 2):
        resolve_payment(payment.pk)
    assert not wave().is_hidden, "what a payer sent may have been refused"
    assert watching.claim_due_checks() == ["wave"], "it is checked at once"
    assert health.check_method("wave") is False
    assert (wave().is_refused, wave().check_error) == (True, reasons.MISCONFIGURED)
    assert Delivery.objects.get(template="payment_way_hidden").context["is_refused"] is True
    tenant_client.cookies["django_language"] = "en"
    for page in ("/staff/ways-to-pay/", "/staff/ways-to-pay/wave/"):
        assert "Wave refuses your keys" in tenant_client.get(page).content.decode()


def test_it_is_tried_again_after_a_pause_and_offered_when_it_answers(simulator: Any) -> None:
    set_up("wave", simulator)
    hidden_at = fail()
    assert wave().next_check_at == hidden_at + FIRST_PAUSE
    assert watching.claim_due_checks() == [], "not before its time"
    assert due_now() == ["wave"]
    assert watching.claim_due_checks() == [], "by one worker"
    assert health.check_method("wave") is True
    assert (wave().is_hidden, wave().failures, wave().next_check_at) == (False, 0, None)
    assert AuditLog.objects.filter(action="payment_way.offered_again").count() == 1


def test_what_stays_silent_is_asked_ever_more_rarely_and_nobody_is_told_again(simulator: Any) -> None:
    set_up("wave", simulator)
    first = fail()
    for minutes in (2, 4, 60):
        now = first + timedelta(minutes=minutes)
        health.note_failure("wave", Failure.AWAY, reason="provider_unavailable", now=now, is_check=True)
        assert wave().next_check_at == now + min(now - first + FIRST_PAUSE, LONGEST_PAUSE)
    assert wave().hidden_since == first
    assert Delivery.objects.filter(template="payment_way_hidden").count() == 1


def test_nobody_waits_for_it_and_money_that_is_under_way_is_taken(payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    fail()
    before = simulator.calls("wave.get_session")
    resolve_now_or_soon(payment.pk)  # a browser that comes back
    assert simulator.calls("wave.get_session") == before
    assert begin("wave", payee, simulator, subject=payment.subject).pk == payment.pk
    approve(payment, simulator)
    assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
    assert wave().is_hidden, "a payer is no check"


def test_new_keys_and_the_owners_own_test_offer_it_again(simulator: Any) -> None:
    set_up("wave", simulator)
    fail()
    test_connection(name="wave", by=owner())
    assert not wave().is_hidden
    fail()
    set_up("wave", simulator)
    assert not wave().is_hidden
    fail()
    switch_method(name="wave", is_active=False, by=owner())
    switch_method(name="wave", is_active=True, by=owner())
    assert not wave().is_hidden


def test_what_was_found_of_older_keys_hides_nothing(simulator: Any) -> None:
    older = set_up("wave", simulator)
    set_up("wave", simulator)
    health.note_failure(
        "wave", Failure.ACCOUNT_REFUSED, reason="misconfigured", now=timezone.now(), is_check=True,
        seen=older.updated_at,
    )  # fmt: skip
    assert not wave().is_hidden


def test_only_a_tenant_with_trouble_is_looked_at(
    tenant: Any, simulator: Any, django_capture_on_commit_callbacks: Any
) -> None:
    set_up("wave", simulator)
    assert watching.sweep_taking_money() == 0
    with django_capture_on_commit_callbacks(execute=True):
        health.note_failure("wave", Failure.REFUSED, reason="misconfigured", now=timezone.now())
    assert watching.due_tenants() == [str(tenant.pk)]
    assert watching.poll_here() == 1


def test_transfers_have_nobody_who_could_fail(payee: FakePayee) -> None:
    begin("bank_transfer", payee, price=price_for("bank_transfer"))
    now = timezone.now()
    health.note_failure("bank_transfer", Failure.ACCOUNT_REFUSED, reason="misconfigured", now=now, is_check=True)
    assert not Method.objects.get(pk="bank_transfer").is_hidden
