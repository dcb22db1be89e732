"""The pages: customers choose, wait and prove; staff set up, decide and give back. Nobody else sees a thing."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.money import Money
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Method, Payment, Refund
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.payments.services.refunds import request_refund
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.services.transfers import send_receipt
from tenant_apps.payments.tests.support import PURPOSE, FakePayee, approve, begin, keys_of, owner, price_for, set_up
from tenant_apps.team.tests.support import client_for, make_member, make_role, photo_bytes
from tests.simulators.payments import settings as simulated
from tests.support.queries import queries_of
from tests.support.tenants import Browser

pytestmark = pytest.mark.django_db
S = Payment.Status
PRICE = Money(25_000, "XAF")
NOBODY = "7b1d3a50-0000-4000-8000-000000000001"
STAFF_PAGES = ["", "transfers/", "refunds/"]


def in_english(tenant: Tenant) -> Browser:
    """A browser that reads English, so that tests look for what the code says."""
    browser = Browser(tenant)
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return browser


@pytest.fixture
def visitor(tenant: Tenant) -> Browser:
    return in_english(tenant)


@pytest.fixture
def staff(tenant: Tenant) -> Browser:
    browser = in_english(tenant)
    browser.force_login(owner(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def jpeg(colour: str = "#447744") -> SimpleUploadedFile:
    return SimpleUploadedFile("recu.jpg", photo_bytes(colour=colour), content_type="image/jpeg")


class TestCustomers:
    def test_the_ways_that_fit_are_offered_and_lead_to_the_provider(
        self, visitor: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        for name in ("stripe", "wave", "mtn_momo", "paypal", "bank_transfer", "cash"):
            set_up(name, simulator)
        page = f"/pay/{PURPOSE}/{payee.sell(PRICE)}/"
        shown = visitor.get(page)
        html = text_of(shown)
        assert f"form-action 'self' {' '.join(settings.TENANT_FORM_ACTIONS)}" in shown["Content-Security-Policy"]
        offered = [name for name in Method.Name.values if f'value="{name}"' in html]
        assert offered == ["mtn_momo", "stripe", "paypal", "bank_transfer"]  # Wave takes XOF here
        answer = visitor.post(page, {"method": "stripe"})
        assert (answer.status_code, answer["Location"].startswith(simulator.url)) == (302, True)

    def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(
        self, visitor: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        set_up("mtn_momo", simulator)
        page = f"/pay/{PURPOSE}/{payee.sell(PRICE)}/"
        assert "Enter the mobile money number" in text_of(visitor.post(page, {"method": "mtn_momo"}), 422)
        html = text_of(visitor.post(page, {"method": "mtn_momo", "phone": "+221771234567"}), 422)
        assert "This number is from another country" in html
        assert 'value="+221771234567"' in html
        assert text_of(visitor.post(page, {"method": "nothing"}), 422)

    def test_a_bill_that_cannot_be_paid_says_why(self, visitor: Browser, payee: FakePayee) -> None:
        page = f"/pay/{PURPOSE}/{payee.sell(PRICE, payable=False)}/"
        assert "C’est déjà payé." in text_of(visitor.get(page))
        assert visitor.post(page, {"method": "stripe"}).status_code in (200, 422)
        assert not Payment.objects.exists()

    @pytest.mark.parametrize("path", [f"/pay/{PURPOSE}/{NOBODY}/", f"/pay/other.thing/{NOBODY}/", f"/pay/{NOBODY}/"])
    def test_what_is_not_there_is_not_found(self, visitor: Browser, payee: FakePayee, path: str) -> None:
        assert visitor.get(path).status_code == 404

    def test_the_page_waits_and_then_says_that_the_money_came(
        self, visitor: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        payment = begin("mtn_momo", payee, simulator)
        page = f"/pay/{payment.pk}/"
        html = text_of(visitor.get(page))
        assert "Confirm on your phone" in html
        assert "••• 0001" in html
        assert payment.phone not in html
        assert visitor.get(f"{page}live/?seen=pending").status_code == 204
        approve(payment, simulator)
        assert visitor.get(f"{page}return/")["Location"] == page
        assert "Payment received" in text_of(visitor.get(f"{page}live/?seen=pending"))
        assert "Payment received" in text_of(visitor.get(page))

    def test_a_failure_says_why_and_offers_to_pay_again(
        self, visitor: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        payment = begin("mtn_momo", payee, simulator)
        simulator.decide_momo(str(payment.idempotency_key), "FAILED", "NOT_ENOUGH_FUNDS")
        resolve_payment(payment.pk)
        html = text_of(visitor.get(f"/pay/{payment.pk}/"))
        assert "There is not enough money on the account." in html
        assert f'href="/pay/{PURPOSE}/{payment.subject}/"' in html

    def test_a_transfer_shows_the_account_and_takes_the_proof(
        self, visitor: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        payment = begin("bank_transfer", payee)
        page = f"/pay/{payment.pk}/"
        html = text_of(visitor.get(page))
        assert "CM21 1000 5000" in html
        assert "202611220001" in html
        assert "Choose the photo" in text_of(visitor.post(f"{page}receipt/", {}), 422)
        sent = visitor.post(f"{page}receipt/", {"receipt": jpeg()})
        assert (sent.status_code, sent["Location"]) == (302, page)
        assert "Your proof is being checked" in text_of(visitor.get(page))

    def test_a_double_click_leads_to_one_attempt(self, visitor: Browser, payee: FakePayee, simulator: Any) -> None:
        set_up("stripe", simulator)
        page = f"/pay/{PURPOSE}/{payee.sell(PRICE)}/"
        first, second = (visitor.post(page, {"method": "stripe"})["Location"] for _ in range(2))
        assert first == second
        assert Payment.objects.count() == 1


class TestDoors:
    @pytest.mark.parametrize("page", [*STAFF_PAGES, f"{NOBODY}/", f"proofs/{NOBODY}/", f"refunds/{NOBODY}/"])
    def test_visitors_are_sent_to_log_in_and_others_turned_away(
        self, tenant: Tenant, visitor: Browser, page: str
    ) -> None:
        assert "login" in visitor.get(f"/staff/payments/{page}")["Location"]
        nobody = make_member(make_role("team.view_members"), email="rien@example.com")
        assert client_for(nobody.user, tenant).get(f"/staff/payments/{page}").status_code == 403

    def test_who_may_only_look_decides_nothing(self, tenant: Tenant, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        viewer = make_member(make_role("payments.view_payments"), email="voit@example.com")
        browser = client_for(viewer.user, tenant)
        assert "Is the money on your account?" not in text_of(browser.get(f"/staff/payments/{payment.pk}/"))
        for act in ("approve", "reject", "review", "refund"):
            assert browser.post(f"/staff/payments/{payment.pk}/{act}/", {}).status_code == 403
        assert browser.get("/staff/ways-to-pay/").status_code == 403

    def test_the_shops_manager_looks_checks_and_gives_back_but_sets_nothing_up(self, tenant: Tenant) -> None:
        browser = client_for(make_member("manager", email="gere@example.com").user, tenant)
        assert [browser.get(f"/staff/payments/{page}").status_code for page in STAFF_PAGES] == [200, 200, 200]
        assert browser.get("/staff/ways-to-pay/").status_code == 403


class TestWays:
    def test_keys_are_saved_and_never_shown_again(self, staff: Browser, simulator: Any) -> None:
        page = "/staff/ways-to-pay/wave/"
        typed = {**keys_of("wave", simulator), "is_active": "on"}
        assert staff.post(page, typed).status_code == 302
        html = text_of(staff.get(page))
        assert simulated.WAVE_API_KEY not in html
        assert simulated.WAVE_WEBHOOK_SECRET not in html
        assert "/hooks/wave/" in html
        html = text_of(staff.post("/staff/ways-to-pay/stripe/", {"secret_key": "pk_live_secret"}), 422)
        assert "begins with sk_ or rk_" in html
        assert "pk_live_secret" not in html

    def test_they_are_tested_switched_and_ordered(self, staff: Browser, simulator: Any) -> None:
        set_up("wave", simulator)
        set_up("cash")
        answer = staff.post("/staff/ways-to-pay/wave/check/", follow=True)
        assert "The provider knows these keys" in text_of(answer)
        staff.post("/staff/ways-to-pay/wave/switch/", {"active": "0"})
        assert Method.objects.get(pk="wave").is_active is False
        staff.post("/staff/ways-to-pay/cash/move/", {"up": "1"})
        assert list(Method.objects.values_list("name", flat=True)) == ["cash", "wave"]
        html = text_of(staff.get("/staff/ways-to-pay/"))
        assert html.index("/ways-to-pay/cash/") < html.index("/ways-to-pay/wave/")

    def test_what_is_no_way_to_pay_is_not_found(self, staff: Browser) -> None:
        assert staff.get("/staff/ways-to-pay/gold/").status_code == 404
        assert staff.post("/staff/ways-to-pay/gold/switch/", {"active": "1"}).status_code == 404
        assert staff.post("/staff/ways-to-pay/gold/check/").status_code == 404
        assert staff.post("/staff/ways-to-pay/gold/move/", {"up": "1"}).status_code == 302


class TestStaff:
    def test_an_empty_list_says_what_it_is_for(self, staff: Browser) -> None:
        assert "No payment yet" in text_of(staff.get("/staff/payments/"))

    def test_payments_are_found_by_status_way_period_and_number(
        self, staff: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        begin("wave", payee, simulator)
        begin("bank_transfer", payee, subject=payee.sell(PRICE, number="202611229999"))
        assert "202611229999" not in text_of(staff.get("/staff/payments/?method=wave&period=today&status=pending"))
        assert "202611229999" in text_of(staff.get("/staff/payments/?q=9999"))
        assert "No payment found" in text_of(staff.get("/staff/payments/?status=failed"))

    def test_what_came_in_today_tells_tests_from_money(self, staff: Browser, payee: FakePayee) -> None:
        for _sale in range(2):
            record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
        Payment.objects.filter(pk=Payment.objects.first().pk).update(is_test=True)
        html = re.sub(r"<[^>]+>", "", text_of(staff.get("/staff/payments/")))
        assert f"Received today: {PRICE.display('en')}" in html
        assert f"Test payments today, no real money: {PRICE.display('en')}" in html

    @pytest.mark.parametrize(
        "junk", ["?page=x&status=%27", "?q=%27%25%ff", "?period=never&method=gold", "?page=999999"]
    )
    def test_junk_in_the_address_is_ignored(self, staff: Browser, junk: str) -> None:
        assert staff.get(f"/staff/payments/{junk}").status_code == 200
        assert staff.get(f"/staff/payments/transfers/{junk}").status_code == 200
        assert staff.get(f"/staff/payments/refunds/{junk}").status_code == 200

    def test_lists_cost_the_same_however_long(self, staff: Browser, payee: FakePayee) -> None:
        def more() -> None:
            cash = record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
            request_refund(payment=cash, amount=PRICE, reason="Retour", by=owner(), key=uuid4())
            send_receipt(payment=begin("bank_transfer", payee), upload=jpeg())

        more()
        pages = [f"/staff/payments/{page}" for page in STAFF_PAGES]
        for page in pages:  # what only a process's first visit reads
            queries_of(staff, page)
        few = [queries_of(staff, page) for page in pages]
        for _ in range(4):
            more()
        assert [queries_of(staff, page) for page in pages] == few

    def test_a_transfer_is_looked_at_and_approved(self, staff: Browser, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        receipt = send_receipt(payment=payment, upload=jpeg())
        page = f"/staff/payments/{payment.pk}/"
        assert payment.subject_number in text_of(staff.get("/staff/payments/transfers/"))
        assert f"/staff/payments/proofs/{receipt.pk}/" in text_of(staff.get(page))
        file = staff.get(f"/staff/payments/proofs/{receipt.pk}/")
        assert (file["Content-Type"], file["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
        assert "sandbox" in file["Content-Security-Policy"]
        assert "Enter the amount" in text_of(staff.post(f"{page}approve/", {"received": "beaucoup"}), 422)
        assert staff.post(f"{page}approve/", {"received": "10 000", "reference": "FT-1"}).status_code == 302
        assert payee.took == [(payment.pk, Money(10_000, "XAF"))]

    def test_a_proof_is_rejected_with_words(self, staff: Browser, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        send_receipt(payment=payment, upload=jpeg())
        assert text_of(staff.post(f"/staff/payments/{payment.pk}/reject/", {}), 422)
        staff.post(f"/staff/payments/{payment.pk}/reject/", {"reason": "Illisible"})
        assert "Illisible" in text_of(Browser(staff.tenant).get(f"/pay/{payment.pk}/"))

    def test_money_is_given_back_by_hand(self, staff: Browser, payee: FakePayee) -> None:
        cash = record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
        page, sent = f"/staff/payments/{cash.pk}/refund/", {"key": str(uuid4()), "reason": "Retour"}
        assert "is left of this payment" in text_of(staff.post(page, {**sent, "amount": "30000"}), 422)
        for _ in range(2):
            staff.post(page, {**sent, "amount": "5 000"})
        refund = Refund.objects.get()
        assert refund.amount == Money(5_000, "XAF")
        assert "Retour" in text_of(staff.get("/staff/payments/refunds/"))
        staff.post(f"/staff/payments/refunds/{refund.pk}/", {"decision": "given", "reference": "Awa"})
        assert payee.gave == [(refund.pk, Money(5_000, "XAF"))]
        assert "Given back" in text_of(staff.get(f"/staff/payments/refunds/{refund.pk}/"))

    def test_money_that_did_not_match_is_listed_and_decided(
        self, staff: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        payment = begin("wave", payee, simulator)
        simulator.decide("wave", payment.provider_ref, action="change", fields={"amount": "20000"})
        approve(payment, simulator)
        resolve_payment(payment.pk)
        assert "Payments to decide" in text_of(staff.get("/staff/payments/"))
        assert "This money does not match" in text_of(staff.get(f"/staff/payments/{payment.pk}/"))
        staff.post(f"/staff/payments/{payment.pk}/review/", {"reason": "Vu", "decision": "accept"})
        assert payee.took == [(payment.pk, Money(20_000, "XOF"))]

    def test_the_provider_is_asked_when_staff_want_to_know(
        self, staff: Browser, payee: FakePayee, simulator: Any
    ) -> None:
        payment = begin("wave", payee, simulator)
        approve(payment, simulator)
        assert "Received" in text_of(staff.post(f"/staff/payments/{payment.pk}/ask/", follow=True))
        assert payee.took == [(payment.pk, price_for("wave"))]
