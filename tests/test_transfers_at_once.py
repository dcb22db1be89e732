"""Admins and workers that meet at one transfer, one movement or one statement; and processes that die there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.utils import timezone

from billing.models import BankStatement, Order, Payment, StatementLine, TransferDecision
from billing.services import verdicts
from billing.services.lines import accept_line
from billing.services.payments import start_payment
from billing.services.resolve import resolve_payment
from billing.services.statements import import_statement, keep_statement
from billing.services.transfers import confirm_transfer, decide_transfer, undo_decision
from shared_apps.core.errors import Conflict, DomainError
from tests.books import check_books
from tests.support.dying import killed_at_every_point
from tests.support.factories import make_admin, make_order
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def announced() -> Payment:
    return start_payment(order_id=make_order().pk, method="bank_transfer")


def statement_of(*orders: Order, first: int = 0) -> BankStatement:
    rows = [
        f"{order.created_at:%d/%m/%Y};VIREMENT {order.number};25000;R{first + at}" for at, order in enumerate(orders)
    ]
    content = "\n".join(["Date;Libellé;Montant;Référence", *rows]).encode()
    return keep_statement(upload=SimpleUploadedFile("r.csv", content), currency="XAF", admin=make_admin())


def movement(order: Order) -> StatementLine:
    statement = statement_of(order)
    import_statement(statement=statement, admin=make_admin())
    return StatementLine.objects.get(statement=statement)


def test_of_admins_who_say_yes_and_no_at_once_one_decides() -> None:
    payment = announced()
    Payment.objects.filter(pk=payment.pk).update(status=Payment.Status.UNDER_REVIEW)
    payment.refresh_from_db()
    admins = [make_admin() for _ in range(6)]
    answers = at_once(
        6, lambda at: decide_transfer(payment=payment, admin=admins[at], approved=at % 2 == 0, comment="Non")
    )
    assert [type(one) for one in answers].count(Conflict) == 5
    assert payment.decisions.count() == 1


def test_undoing_meets_the_worker_and_one_of_them_wins(settings) -> None:
    settings.TRANSFER_UNDO_SECONDS = 30
    for _ in range(6):
        payment, admin = announced(), make_admin()
        decide_transfer(payment=payment, admin=admin, approved=True)
        payment.decisions.update(effective_at=timezone.now() - timedelta(seconds=1))
        decision = payment.decisions.select_related("payment__order").get()

        def act(at: int, payment=payment, decision=decision, admin=admin) -> object:
            return undo_decision(decision=decision, admin=admin) if at else resolve_payment(payment.pk)

        at_once(2, act)
        decision.refresh_from_db()
        payment.refresh_from_db()
        assert (decision.status, payment.status) in (("undone", "pending"), ("done", "succeeded"))
    check_books()


def test_of_two_second_persons_one_confirms(settings) -> None:
    settings.TRANSFER_SECOND_APPROVER_ABOVE = {}
    payment = announced()
    decide_transfer(payment=payment, admin=make_admin(), approved=True)
    decision = payment.decisions.select_related("payment__order").get()
    admins = [make_admin() for _ in range(4)]
    answers = at_once(4, lambda at: confirm_transfer(decision=decision, admin=admins[at]))
    assert [type(one) for one in answers].count(Conflict) == 3
    assert Payment.objects.get(pk=payment.pk).status == Payment.Status.SUCCEEDED


class TestOneMovement:
    def test_accepted_by_two_admins_for_two_orders_pays_one(self) -> None:
        orders = [make_order(), make_order()]
        line = movement(orders[0])
        admins = [make_admin(), make_admin()]
        answers = at_once(2, lambda at: accept_line(line=line, order=orders[at], admin=admins[at]))
        assert [type(one) for one in answers].count(Conflict) == 1
        assert Order.objects.filter(pk__in=[one.pk for one in orders], status=Order.Status.PAID).count() == 1
        check_books()

    def test_without_the_guard_the_database_refuses_the_second(self, monkeypatch) -> None:
        orders = [make_order(), make_order()]
        line = movement(orders[0])
        monkeypatch.setattr(verdicts, "move_line", lambda *_args, **_values: None)
        admins = [make_admin(), make_admin()]
        answers = at_once(2, lambda at: accept_line(line=line, order=orders[at], admin=admins[at]))
        refused = [one for one in answers if isinstance(one, IntegrityError)]
        assert len(refused) == 1
        assert "decision_line_pays_once" in str(refused[0])


def test_files_that_overlap_imported_at_once_never_double() -> None:
    orders = [make_order() for _ in range(4)]
    statements = [statement_of(*orders) for _ in range(3)] + [statement_of(*orders[1:], first=1)]
    answers = at_once(4, lambda at: import_statement(statement=statements[at], admin=make_admin()))
    assert sum(answers) == 4, answers
    assert StatementLine.objects.count() == 4


def test_one_file_imported_by_several_admins_comes_in_once() -> None:
    statement = statement_of(make_order())
    answers = at_once(4, lambda _at: import_statement(statement=statement, admin=make_admin()))
    assert [type(one) for one in answers].count(Conflict) == 3


@pytest.mark.slow
def test_killed_anywhere_between_a_movement_and_its_order() -> None:
    order, admin = make_order(), make_admin()
    line = movement(order)

    def accept() -> None:
        try:
            accept_line(line=line, order=order, admin=admin)
        except DomainError:
            return

    assert killed_at_every_point(accept) > 10
    decision = TransferDecision.objects.get(line=line)
    resolve_payment(decision.payment_id)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert TransferDecision.objects.filter(payment__order=order, status="done").count() == 1
    check_books()
