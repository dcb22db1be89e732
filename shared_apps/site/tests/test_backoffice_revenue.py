"""The revenue page and its exports, as an admin sees them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import escape

from billing.models import LedgerEntry, Order, Payment, Subscription
from billing.reports.selectors import plans_now
from billing.tests.reports.books import nobody, paid, subscriber
from shared_apps.audit.models import AuditLog
from shared_apps.site import revenue_texts as texts
from shared_apps.site.revenue_desk import figures_of, stats_of
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer
from tests.support.portal import on_platform
from tests.support.queries import queries_of
from tests.support.subscriptions import ended

pytestmark = pytest.mark.django_db
PAGE, EXPORT = "/backoffice/revenue/", "/backoffice/revenue/export/"


@pytest.fixture
def admin() -> Any:
    return make_admin()


@pytest.fixture
def client(admin: Any) -> Client:
    client = on_platform(admin)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def days(since: int = 0) -> dict[str, str]:
    today = timezone.localdate()
    return {"since": (today - timedelta(days=since)).isoformat(), "until": today.isoformat()}


def lines(answer: Any, delimiter: str = ",") -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter))


class TestPage:
    @pytest.mark.parametrize("query", ["", "?months=3", "?months=24", "?months=x", "?months=-1"])
    def test_every_period_is_shown(self, client: Client, query: str) -> None:
        answer = client.get(PAGE + query)
        assert answer.status_code == 200
        assert answer.content.count(b'<svg class="chart-narrow"') >= 3

    def test_a_platform_without_any_sale_is_shown(self, client: Client) -> None:
        nobody()
        answer = client.get(PAGE)
        assert answer.status_code == 200
        assert answer.context["stats"][0]["value"].split("\u00a0")[0] == "0"
        assert answer.context["success"] is None

    def test_the_first_figure_is_what_the_plans_bring(self, client: Client) -> None:
        nobody()
        paid(subscriber(("2026-01-05 09:00", "active")), "2026-01-05 09:00", 25_000)
        paid(subscriber(("2026-01-05 09:00", "active"), currency="EUR"), "2026-01-05 09:00", 100)
        assert sum(row.paying for row in plans_now(timezone.now())) == 2
        stat = stats_of(figures_of(timezone.now(), months=3))[0]
        assert stat["value"].replace("\u202f", " ") == "25 656\u00a0FCFA", "one euro is 656 francs"

    def test_every_figure_is_defined(self, client: Client) -> None:
        body = client.get(PAGE).content.decode()
        assert len(texts.DEFINITIONS) == 10
        with translation.override("en"):
            told = [str(text) for definition in texts.DEFINITIONS for text in definition]
        assert [text for text in told if escape(text) not in body] == []

    def test_it_takes_as_many_queries_however_much_there_is(self, client: Client) -> None:
        before = queries_of(client, PAGE)
        for _ in range(3):
            pay_by_transfer(make_order())
        for name in ("store-a", "events-a", "esxi-a"):
            subscription = ended(name, days=20, status="past_due")
            Order.objects.filter(subscription=subscription).first()
        assert queries_of(client, PAGE) == before

    def test_only_admins_see_it(self) -> None:
        user = on_platform(make_user())
        assert user.get(PAGE).status_code == user.get(EXPORT).status_code == 403


class TestExport:
    def test_the_form_comes_first_and_says_what_is_wrong(self, client: Client) -> None:
        assert client.get(EXPORT).status_code == 200
        wrong = client.get(EXPORT, {"what": "payments", "since": "2026-02-02", "until": "2026-02-01"})
        assert wrong.status_code == 422
        assert 'value="2026-02-02"' in wrong.content.decode(), "nothing typed is lost"
        for bad in ({"what": "all", **days()}, {"what": "payments", "since": "x", "until": "2026-02-31"},
                    {"what": "journal", **days(500)}, {"what": "payments", "since": "0001-01-01", "until": "9999-12-31"}):  # fmt: skip
            assert client.get(EXPORT, bad).status_code == 422
        assert not AuditLog.objects.filter(action="revenue.exported").exists()

    @pytest.mark.parametrize("what", ["payments", "invoices", "subscriptions", "journal"])
    def test_each_leaves_an_entry_that_says_what_and_which_days(self, client: Client, admin: Any, what: str) -> None:
        answer = client.get(EXPORT, {"what": what, **days(2)})
        assert lines(answer)
        assert f'filename="{what}-' in answer["Content-Disposition"]
        entry = AuditLog.objects.get(action="revenue.exported")
        assert (entry.actor_id, entry.after) == (admin.pk, {"kind": what, **days(2)})

    def test_payments_are_those_begun_on_these_days_where_the_platform_is(self, client: Client) -> None:
        payment = pay_by_transfer(make_order())
        midnight = timezone.localtime(timezone.now(), timezone.get_default_timezone()).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        found = {}
        for name, moment in (("first", midnight), ("before", midnight - timedelta(seconds=1))):
            Payment.objects.filter(pk=payment.pk).update(created_at=moment)
            rows = lines(client.get(EXPORT, {"what": "payments", **days()}))
            found[name] = payment.order.number in [row["Order"] for row in rows]
        assert found == {"first": True, "before": False}

    def test_a_name_is_never_a_formula(self, client: Client) -> None:
        order = make_order(organisation_name='=HYPERLINK("https://example.org")')
        pay_by_transfer(order)
        [row] = [
            one for one in lines(client.get(EXPORT, {"what": "payments", **days()})) if one["Order"] == order.number
        ]
        assert row["Organisation"].startswith("'=HYPERLINK")

    def test_a_french_file_has_semicolons_decimal_commas_and_words(self, client: Client) -> None:
        order = make_order(currency="EUR")
        pay_by_transfer(order)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
        found = {}
        for what, name in (("invoices", "factures"), ("payments", "paiements")):
            answer = client.get(EXPORT, {"what": what, **days()})
            assert f'filename="{name}-' in answer["Content-Disposition"]
            rows = lines(answer, ";")
            [found[what]] = [row for row in rows if row["Commande"] == order.number]
        assert found["invoices"]["Total"] == order.total.as_text().replace(".", ",")
        assert found["invoices"]["Document"] == "Facture"
        assert (found["payments"]["Moyen de paiement"], found["payments"]["État"]) == ("Virement bancaire", "Reçu")

    def test_subscriptions_say_how_they_are_now(self, client: Client) -> None:
        subscription = Subscription.objects.filter(organisation__isnull=False).earliest("started_at")
        Subscription.objects.filter(pk=subscription.pk).update(cancel_at_period_end=True, credit_minor=1_500)
        rows = lines(client.get(EXPORT, {"what": "subscriptions", **days(300)}))
        assert ("Active", "1500") in [(row["State"], row["Credit"]) for row in rows]


class TestJournal:
    def test_every_entry_is_balanced_and_all_of_them_are_the_ledger(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.reports.journal.PIECE", 3)  # so that it is read in many pieces
        pay_by_transfer(make_order(currency="EUR"))
        pay_by_transfer(make_order())
        rows = lines(client.get(EXPORT, {"what": "journal", **days(300)}))
        assert len(rows) == LedgerEntry.objects.count() > 3
        sums: dict[tuple[str, str], int] = {}
        for row in rows:
            assert bool(row["Debit"]) != bool(row["Credit"])
            key = (row["Entry"], row["Currency"])
            sums[key] = sums.get(key, 0) + amount(row["Debit"]) - amount(row["Credit"])
        assert set(sums.values()) == {0}
        receivable = sum(
            amount(row["Debit"]) - amount(row["Credit"])
            for row in rows
            if row["Account"] == "411" and row["Currency"] == "XAF"
        )
        ledger = sum(
            LedgerEntry.objects.filter(account__startswith="ar:", currency="XAF").values_list("amount_minor", flat=True)
        )
        assert receivable == ledger * 100

    def test_an_invoice_names_its_customer_its_accounts_and_its_paid_time(self, client: Client, settings: Any) -> None:
        settings.ACCOUNTING_ACCOUNTS = {"psp:bank_transfer": "52101"}
        subscription = Subscription.objects.filter(organisation__isnull=False).earliest("started_at")
        invoice = subscription.invoices.earliest("issued_at")
        rows = lines(client.get(EXPORT, {"what": "journal", **days(300)}))
        own = [row for row in rows if row["Piece"] == invoice.number]
        assert {row["Account"] for row in own} >= {"411", "706"}
        assert {row["Journal"] for row in own} == {"VT"}
        [customer] = [row for row in own if row["Account"] == "411"]
        assert subscription.organisation is not None
        assert customer["Name of the auxiliary account"] == subscription.organisation.name
        assert own[0]["Period from"] == timezone.localtime(invoice.order.period_start).date().isoformat()
        paid_in = [row for row in rows if row["Piece"] == invoice.order.number and row["Account"] == "52101"]
        assert [row["Journal"] for row in paid_in] == ["BQ"]
        assert [row["Name of the auxiliary account"] for row in paid_in] == ["Bank transfer"]
        [income] = [row for row in own if row["Account"] == "706"]
        assert (income["Auxiliary account"], income["Name of the auxiliary account"]) == ("", "")


def amount(text: str) -> int:
    """Hundredths, exactly."""
    whole, _, cents = text.partition(".")
    return int(whole or 0) * 100 + int(cents or 0)


def test_the_chart_of_accounts_may_be_changed_by_a_setting() -> None:
    assert settings.ACCOUNTING_ACCOUNTS == {}
