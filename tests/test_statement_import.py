"""Statements of our bank: imported once however often and by however many, each movement used once."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from billing.models import BankStatement, Order, Payment, StatementLine, Subscription, TransferDecision
from billing.money import Money
from billing.proposals import certain, open_orders, proposals, recorded_by_hand, waiting_lines
from billing.services.lines import accept_certain, accept_line, credit_line, link_line
from billing.services.payments import start_payment
from billing.services.statements import ignore_line, import_statement, keep_statement, restore_line
from billing.services.transfers import undo_decision
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from tests.books import check_books
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer

pytestmark = pytest.mark.django_db
HEAD = "Date;Libellé;Crédit;Débit;Référence"


def file_of(*rows: str, name: str = "releve.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join([HEAD, *rows]).encode())


def row(order: Order | str, amount: int | str = 25_000, *, ref: str = "OP1", day: str = "") -> str:
    number = order if isinstance(order, str) else order.number
    created = day or (order.created_at.strftime("%d/%m/%Y") if isinstance(order, Order) else "01/09/2026")
    return f"{created};VIREMENT {number};{amount};;{ref}"


def kept(*rows: str) -> BankStatement:
    return keep_statement(upload=file_of(*rows), currency="XAF", admin=make_admin())


def imported(*rows: str) -> list[StatementLine]:
    statement = kept(*rows)
    import_statement(statement=statement, admin=make_admin())
    return list(StatementLine.objects.filter(statement=statement).order_by("bank_ref"))


class TestImporting:
    def test_nothing_is_taken_in_before_somebody_has_looked(self) -> None:
        kept(row(make_order()))
        assert not StatementLine.objects.exists()

    def test_files_that_overlap_never_double(self) -> None:
        one, two, three = make_order(), make_order(), make_order()
        assert len(imported(row(one, ref="A"), row(two, ref="B"))) == 2
        assert [line.bank_ref for line in imported(row(two, ref="B"), row(three, ref="C"))] == ["C"]
        statement = kept(row(one, ref="A"))
        assert import_statement(statement=statement, admin=make_admin()) == 0
        statement.refresh_from_db()
        assert statement.known_count == 1

    def test_a_file_is_imported_once(self) -> None:
        statement = kept(row(make_order()))
        import_statement(statement=statement, admin=make_admin())
        with pytest.raises(Conflict):
            import_statement(statement=statement, admin=make_admin())

    def test_money_that_went_out_stays_out(self) -> None:
        day = make_order().created_at.strftime("%d/%m/%Y")
        assert len(imported(f"{day};FRAIS;;500;F1", row("BA-2222-3333", 900))) == 1

    @pytest.mark.parametrize(
        ("content", "currency", "field", "words"),
        [
            (b"", "XAF", "file", ""),
            (b"PK\x03\x04 sheet", "XAF", "file", "Excel"),
            (f"{HEAD}\n01/09/2026;X;12,5;;R".encode(), "XAF", "file", "12,5"),
            (f"{HEAD}\n32/09/2026;X;12;;R".encode(), "XAF", "file", "2"),
            (f"{HEAD}\n01/09/2026;X;12;;R".encode(), "", "currency", ""),
            (b"x" * (5 * 1024 * 1024 + 1), "XAF", "file", "5"),
        ],
    )
    def test_a_file_that_cannot_be_taken_says_why_beside_its_field(self, content, currency, field, words) -> None:
        with pytest.raises(DomainError) as refusal:
            keep_statement(upload=SimpleUploadedFile("x.csv", content), currency=currency, admin=make_admin())
        assert refusal.value.field == field
        assert words in str(refusal.value)

    def test_only_admins_import(self) -> None:
        with pytest.raises(NotAllowed):
            keep_statement(upload=file_of(row("BA-2222-3333")), currency="XAF", admin=make_user())


class TestPaying:
    def test_an_order_whose_payer_chose_no_transfer_is_proposed_and_paid(self) -> None:
        order = make_order()
        [line] = imported(row(order))
        [proposal] = certain(waiting_lines()).values()
        assert proposal.candidate.key == order.pk
        payment = accept_line(line=line, order=order, admin=make_admin())
        assert (payment.status, payment.method.name) == ("succeeded", "bank_transfer")
        order.refresh_from_db()
        line.refresh_from_db()
        assert (order.status, line.status) == ("paid", "taken")
        assert TransferDecision.objects.get(line=line).payment == payment
        check_books()

    def test_the_transfer_that_was_announced_is_the_one_that_is_paid(self) -> None:
        order = make_order()
        announced = start_payment(order_id=order.pk, method="bank_transfer")
        [line] = imported(row(order))
        assert accept_line(line=line, order=order, admin=make_admin()).pk == announced.pk

    def test_a_movement_pays_once(self) -> None:
        order, other = make_order(), make_order()
        [line] = imported(row(order))
        accept_line(line=line, order=order, admin=make_admin())
        with pytest.raises(Conflict):
            accept_line(line=line, order=other, admin=make_admin())
        decision = TransferDecision.objects.get(line=line)
        decision.pk, decision._state.adding = None, True
        decision.id = other.pk
        with pytest.raises(IntegrityError, match="decision_line_pays_once"), transaction.atomic():
            decision.save(force_insert=True)

    def test_part_part_and_more_are_applied_as_they_came(self) -> None:
        order = make_order()
        lines = imported(row(order, 10_000, ref="A"), row(order, 10_000, ref="B"), row(order, 6_000, ref="C"))
        for line in lines:
            accept_line(line=line, order=order, admin=make_admin())
        order.refresh_from_db()
        assert order.status == "paid"
        assert Subscription.objects.get(pk=order.subscription_id).credit_minor == 1_000
        check_books()

    def test_what_is_undone_frees_the_movement_and_gives_the_made_transfer_up(self, settings) -> None:
        settings.TRANSFER_UNDO_SECONDS = 30
        order, admin = make_order(), make_admin()
        [line] = imported(row(order))
        payment = accept_line(line=line, order=order, admin=admin)
        undo_decision(decision=TransferDecision.objects.get(line=line), admin=admin)
        line.refresh_from_db()
        payment.refresh_from_db()
        assert (line.status, payment.status) == ("open", "cancelled")
        settings.TRANSFER_UNDO_SECONDS = 0
        assert accept_line(line=line, order=order, admin=admin).status == "succeeded"

    def test_a_large_movement_needs_a_second_person_too(self, settings) -> None:
        settings.TRANSFER_SECOND_APPROVER_ABOVE = {"XAF": 20_000}
        order = make_order()
        [line] = imported(row(order))
        assert accept_line(line=line, order=order, admin=make_admin()).status == "under_review"
        assert open_orders().by_number == {}, "nobody is asked twice"

    def test_credit_for_an_organisation(self) -> None:
        order = make_order()
        pay_by_transfer(order)
        Subscription.objects.filter(pk=order.subscription_id).update(status="active")
        [line] = imported(row("MERCI", 7_000))
        subscription = Subscription.objects.get(pk=order.subscription_id)
        payment = credit_line(line=line, subscription=subscription, admin=make_admin())
        subscription.refresh_from_db()
        assert (payment.status, payment.credited_minor, payment.is_late) == ("succeeded", 7_000, False)
        assert subscription.credit_minor == 7_000
        check_books()

    def test_a_transfer_recorded_by_hand_is_found_and_not_applied_again(self) -> None:
        order = make_order()
        pay_by_transfer(order)
        [line] = imported(row(order))
        assert proposals([line], open_orders()) == {}
        [proposal] = proposals([line], recorded_by_hand()).values()
        decision = TransferDecision.objects.get(pk=proposal.candidate.key)
        link_line(line=line, decision=decision, admin=make_admin())
        line.refresh_from_db()
        assert line.status == "taken"
        assert Payment.objects.filter(order=order).count() == 1

    def test_nobody_accepts_money_for_their_own_order(self) -> None:
        admin = make_admin()
        order = make_order(user=admin)
        [line] = imported(row(order))
        with pytest.raises(NotAllowed):
            accept_line(line=line, order=order, admin=admin)

    def test_an_ignored_movement_pays_nothing_until_it_is_back(self) -> None:
        order = make_order()
        [line] = imported(row(order))
        with pytest.raises(DomainError) as refusal:
            ignore_line(line=line, admin=make_admin(), reason=" ")
        assert refusal.value.field == "reason"
        ignore_line(line=line, admin=make_admin(), reason="Apport du gérant")
        with pytest.raises(Conflict):
            accept_line(line=line, order=order, admin=make_admin())
        restore_line(line=line, admin=make_admin())
        assert accept_line(line=line, order=order, admin=make_admin()).status == "succeeded"


class TestAllThatIsCertain:
    def test_only_what_was_shown_and_still_is_certain(self) -> None:
        sure, less, twice = make_order(), make_order(), make_order()
        lines = imported(row(sure, ref="A"), row(less, 20_000, ref="B"), row(twice, ref="C"), row(twice, ref="D"))
        assert list(certain(lines)) == [lines[0].pk], "two movements for one order are for a person"
        shown = {line.pk: order.pk for line, order in zip(lines, (sure, less, twice, twice), strict=True)}
        assert accept_certain(shown=shown, admin=make_admin()) == 1
        assert accept_certain(shown=shown, admin=make_admin()) == 0
        assert Order.objects.filter(status="paid").get() == sure


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(min_value=1, max_value=30_000), min_size=1, max_size=5))
def test_every_franc_is_part_of_an_order_or_credit(amounts: list[int]) -> None:
    with transaction.atomic():
        order = make_order()
        rows = [row(order, amount, ref=f"R{at}") for at, amount in enumerate(amounts)]
        paid = 0
        for line in imported(*rows):
            try:
                accept_line(line=line, order=order, admin=make_admin())
            except Conflict:
                break  # the order is paid: the rest stays in the inbox
            paid += line.amount_minor
        order.refresh_from_db()
        credit = Subscription.objects.get(pk=order.subscription_id).credit_minor
        assert order.received_minor + credit == paid
        assert (order.status == "paid") == (paid >= 25_000)
        assert order.received == min(Money(paid, "XAF"), order.total)
        transaction.set_rollback(True)
