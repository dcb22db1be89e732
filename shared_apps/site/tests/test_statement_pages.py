"""The pages of bank statements: a file looked at, imported, and its movements matched."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from billing.models import BankStatement, Order, StatementLine, Subscription, TransferDecision
from billing.services.resolve import resolve_payment
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_order, pay_by_transfer
from tests.test_statement_import import file_of, row

pytestmark = pytest.mark.django_db
NOWHERE = "5a0b8e0e-1111-4222-8333-444455556666"
FILES = "/backoffice/statements/files/"


def upload(client: Any, *rows: str, currency: str = "XAF") -> Any:
    return client.post(FILES, {"file": file_of(*rows), "currency": currency})


def imported(client: Any, *rows: str) -> list[StatementLine]:
    client.post(upload(client, *rows).headers["Location"])
    return list(StatementLine.objects.order_by("bank_ref"))


def path_of(line: StatementLine) -> str:
    return f"/backoffice/statements/lines/{line.pk}/"


@pytest.mark.parametrize(
    "path",
    ["/backoffice/statements/", FILES, f"{FILES}{NOWHERE}/", "/backoffice/statements/certain/",
     f"/backoffice/statements/lines/{NOWHERE}/", f"/backoffice/transfers/{NOWHERE}/decision/"],
)  # fmt: skip
def test_only_platform_admins_enter(path) -> None:
    for method in ("get", "post"):
        assert getattr(visitor(), method)(path).status_code in (302, 405)
        assert getattr(logged_in(), method)(path).status_code in (403, 405)


def test_a_file_is_looked_at_before_it_is_imported(admin) -> None:
    order = make_order()
    answer = upload(admin, row(order))
    page = text_of(admin.get(answer.headers["Location"]))
    assert order.number in page
    assert not StatementLine.objects.exists()
    assert "alert-success" in text_of(admin.post(answer.headers["Location"], follow=True))
    assert "alert-warning" in text_of(admin.post(answer.headers["Location"], follow=True)), "once"
    assert order.number in text_of(admin.get("/backoffice/statements/"))
    assert text_of(admin.get(FILES)).count(BankStatement.objects.get().file_name) >= 1


@pytest.mark.parametrize(("rows", "field"), [(["01/09/2026;X;12,5;;R"], "file"), (["32/09/2026;X;12;;R"], "file")])
def test_a_file_that_cannot_be_taken_says_why_beside_the_field(admin, rows, field) -> None:
    answer = upload(admin, *rows)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "un navigateur ne les garde pas" in text_of(answer)
    assert not BankStatement.objects.exists()


def test_a_movement_is_accepted_as_proposed(admin) -> None:
    order = make_order()
    [line] = imported(admin, row(order))
    idea = admin.get(path_of(line)).context["idea"]
    assert idea.order == order
    admin.post(path_of(line), {"act": "accept", "order": order.pk})
    assert Order.objects.get(pk=order.pk).status == Order.Status.PAID
    assert order.number in text_of(admin.get("/backoffice/statements/?show=taken"))
    assert "alert-warning" in text_of(admin.post(path_of(line), {"act": "accept", "order": order.pk}, follow=True))


def test_a_movement_without_a_number_is_matched_by_search(admin) -> None:
    order = make_order(organisation_name="Pressing du Lac")
    [line] = imported(admin, row("SANS RIEN", 10_000))
    page = admin.get(path_of(line), {"q": "pressing"})
    assert [found["order"] for found in page.context["orders"]] == [order]
    admin.post(path_of(line), {"act": "accept", "order": order.pk})
    assert Order.objects.get(pk=order.pk).due.minor == 15_000


def test_while_one_part_does_not_count_yet_the_rest_cannot_be_laid_on_its_order(admin, settings) -> None:
    settings.TRANSFER_UNDO_SECONDS = 30
    order = make_order(organisation_name="Pressing du Lac")
    first, second = imported(admin, row("SANS RIEN", 10_000, ref="R1"), row("SANS RIEN", 15_000, ref="R2"))
    admin.post(path_of(first), {"act": "accept", "order": order.pk})
    page = admin.get(path_of(second), {"q": "pressing"})
    assert [found["order"] for found in page.context["orders"]] == [order]
    assert f'href="/backoffice/transfers/{order.payments.get().pk}/"' in text_of(page)
    assert 'value="accept"' not in text_of(page)
    refused = admin.post(path_of(second), {"act": "accept", "order": order.pk}, follow=True)
    assert "Un autre virement pour cette commande" in text_of(refused)
    TransferDecision.objects.update(effective_at=timezone.now())
    resolve_payment(order.payments.get().pk)
    page = admin.get(path_of(second), {"q": "pressing"})
    order.refresh_from_db()
    assert order.received_minor == 10_000
    assert 'value="accept"' in text_of(page)


def test_a_line_that_names_an_order_just_decided_says_what_it_waits_for(admin, settings) -> None:
    settings.TRANSFER_UNDO_SECONDS = 30
    order = make_order()
    first, second = imported(admin, row(order, 10_000, ref="R1"), row(order, 15_000, ref="R2"))
    admin.post(path_of(first), {"act": "accept", "order": order.pk})
    page = admin.get(path_of(second))
    assert (page.context["idea"].order, page.context["idea"].waits) == (order, True)
    assert "Un autre virement pour cette commande" in text_of(page)
    assert 'value="accept"' not in text_of(page)
    assert "Elle ne compte pas encore" in text_of(admin.get(path_of(first)))


def test_a_payer_who_sent_no_receipt_is_told_of_the_transfer(admin, settings) -> None:
    settings.TRANSFER_UNDO_SECONDS = 30
    order = make_order()
    [line] = imported(admin, row(order))
    admin.post(path_of(line), {"act": "accept", "order": order.pk})
    page = text_of(logged_in(order.user).get(f"/orders/{order.pk}/"))
    assert "Votre virement est en cours de vérification" in page
    assert "Votre reçu est en cours" not in page


def test_a_movement_that_another_file_may_have_brought_already_says_so(admin) -> None:
    [first] = imported(admin, row("VIREMENT PRESSING", 10_000, ref="A1"))
    imported(admin, row("VIR. RECU PRESSING DU LAC", 10_000, ref="B1"))
    second = StatementLine.objects.exclude(pk=first.pk).get()
    assert path_of(first) in text_of(admin.get(path_of(second)))
    imported(admin, row("AUTRE", 9_000, ref="C1"))
    assert not admin.get(path_of(StatementLine.objects.get(amount_minor=9_000))).context["twins"]


def test_a_movement_becomes_credit_of_a_workspace(admin) -> None:
    order = make_order()
    pay_by_transfer(order)
    Subscription.objects.filter(pk=order.subscription_id).update(status="active")
    [line] = imported(admin, row("MERCI", 7_000))
    admin.post(path_of(line), {"act": "credit", "order": order.pk})
    assert Subscription.objects.get(pk=order.subscription_id).credit_minor == 7_000


def test_ignoring_asks_why_and_can_be_taken_back(admin) -> None:
    [line] = imported(admin, row("APPORT", 7_000))
    assert "reason" in admin.post(path_of(line), {"act": "ignore", "reason": " "}).context["ignore"].errors
    admin.post(path_of(line), {"act": "ignore", "reason": "Apport du gérant"})
    assert "Apport du gérant" in text_of(admin.get("/backoffice/statements/?show=ignored"))
    admin.post(path_of(line), {"act": "restore"})
    admin.post(path_of(line), {"act": "note", "note": "Demandé à la banque"})
    line.refresh_from_db()
    assert (line.status, line.note) == ("open", "Demandé à la banque")


@pytest.mark.parametrize("data", [{}, {"act": "x"}, {"act": "accept"}, {"act": "accept", "order": "x"},
                                  {"act": "credit", "order": NOWHERE}, {"act": "link", "decision": NOWHERE}])  # fmt: skip
def test_garbage_does_nothing(admin, data) -> None:
    [line] = imported(admin, row("APPORT", 7_000))
    assert admin.post(path_of(line), data).status_code in (302, 404)
    line.refresh_from_db()
    assert line.status == "open"


def test_all_that_is_certain_after_a_look(admin) -> None:
    order, other, left = make_order(), make_order(), make_order()
    imported(admin, row(order, ref="A"), row(other, ref="B"), row(left, 10, ref="C"))
    page = admin.get("/backoffice/statements/certain/")
    pairs = [one["pair"] for one in page.context["rows"]]
    assert len(pairs) == 2
    admin.post("/backoffice/statements/certain/", {"pair": [pairs[0], "x", "y:z"]})
    assert Order.objects.filter(status=Order.Status.PAID).count() == 1, "the other one was unticked"


def test_the_inbox_asks_as_much_for_many_as_for_one(admin, django_assert_max_num_queries) -> None:
    imported(admin, *(row(make_order(), ref=f"R{at}") for at in range(6)))
    with django_assert_max_num_queries(15):
        admin.get("/backoffice/statements/")
