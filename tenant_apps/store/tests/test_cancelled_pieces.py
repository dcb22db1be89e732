"""What is cancelled of an order that goes on: goods, money and papers follow."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Payment
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.payments.services.refunds import finish_by_hand, request_refund
from tenant_apps.store.models import Hold, Invoice, Location, Movement, Order, OrderLine, StockLevel, Variant
from tenant_apps.store.payee import PURPOSE, OrderPayee
from tenant_apps.store.selectors.orders import OrderFilter, due_of, list_orders, owed_of, sale_of
from tenant_apps.store.services import cancelling, fulfilment
from tenant_apps.store.services.stock import adjust, receive, release
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.selling import cart_with, ordered, stocked
from tenant_apps.store.tests.support import make_variants
from tenant_apps.store.tests.till_support import make_session, sell, sold_line
from tests.support.random_runs import random_runs, undone
from tests.support.tenants import Browser

Status = Order.Status


def staff() -> User:
    return User.objects.get(is_staff=True)


def paid(order: Order, minor: int | None = None) -> Order:
    """An order whose customer pays in cash, all of it unless said otherwise."""
    amount = Money(minor if minor is not None else due_of(order), order.currency)
    record_cash(purpose=PURPOSE, subject=order.pk, amount=amount, by=staff(), key=uuid.uuid4())
    order.refresh_from_db()
    return order


def given_back(order: Order, minor: int) -> Order:
    """An order of whose payments, the first before the others, so much is given back by hand."""
    for payment in Payment.objects.filter(subject=order.pk).order_by("created_at"):
        left = payment.refundable.minor if payment.refundable else 0
        amount = Money(min(left, minor), order.currency)
        if amount:
            refund = request_refund(payment=payment, amount=amount, reason="Manquant", by=staff(), key=uuid.uuid4())
            finish_by_hand(refund=refund, reference="OM 1", by=staff())
            minor -= amount.minor
    order.refresh_from_db()
    return order


def sent(order: Order, **pieces: int) -> None:
    """Send pieces of the lines of these products."""
    wanted = {order.lines.get(product_name=name).pk: number for name, number in pieces.items()}
    fulfilment.ship_order(order_id=order.pk, key=uuid.uuid4(), pieces=wanted, by=staff())


def cancelled(order: Order, *, key: uuid.UUID | None = None, reason: str = "Plus en stock", **pieces: int) -> Order:
    """Cancel pieces of the lines of these products."""
    wanted = {order.lines.get(product_name=name).pk: number for name, number in pieces.items()}
    cancelling.cancel_pieces(order_id=order.pk, key=key or uuid.uuid4(), pieces=wanted, reason=reason, by=staff())
    order.refresh_from_db()
    return order


def came_back(order: Order, *, place: Location | None = None, **pieces: int) -> Order:
    """Pieces of the lines of these products come back."""
    wanted = {order.lines.get(product_name=name).pk: number for name, number in pieces.items()}
    fulfilment.take_back(
        order_id=order.pk, key=uuid.uuid4(), pieces=wanted, reason="Refusé", location=place, by=staff()
    )
    order.refresh_from_db()
    return order


def stock_of(variant: Variant) -> tuple[int, int]:
    level = StockLevel.objects.get(variant=variant)
    return level.quantity, level.reserved


def lines_of(order: Order) -> dict[str, tuple[int, int, int]]:
    """Of each product: what stands, what was cancelled, what was sent."""
    return {line.product_name: (line.quantity, line.cancelled, line.shipped) for line in order.lines.all()}


def two_goods(**details: Any) -> Order:
    """Three pieces of Riz at 2 000 and two of Sel at 500, delivered for 1 500: 8 500 in all, in cash at the door."""
    return order_of(rice_and_salt(), **details)


def rice_and_salt() -> tuple[Variant, Variant]:
    return stocked("Riz", pieces=10, price_minor=2_000), stocked("Sel", pieces=10, price_minor=500)


def order_of(goods: tuple[Variant, Variant], **details: Any) -> Order:
    rice, salt = goods
    return ordered(cart_with((rice, 3), (salt, 2)), **details)


def test_what_can_never_be_sent_is_cancelled_and_the_order_is_on_its_way(tenant: Tenant) -> None:
    order = two_goods(email="awa@example.com")
    sent(order, Riz=3, Sel=1)
    cancelled(order, Sel=1)
    assert (order.status, order.items_minor, order.total_minor) == (Status.SHIPPED, 6_500, 8_000)
    assert lines_of(order) == {"Riz": (3, 0, 3), "Sel": (1, 1, 1)}
    assert OrderPayee().bill_of(order.pk).due == Money(8_000, order.currency)
    assert stock_of(Variant.objects.get(product__name="Sel")) == (9, 0)
    told = Delivery.objects.get(template="store_order_reduced").context
    assert (told["goods"], told["owed"], told["reason"]) == (["1 × Sel"], "", "Plus en stock")
    event = order.events.get(kind="reduced")
    assert (event.data["goods"], event.data["minor"]) == (["1 × Sel"], 500)
    assert AuditLog.objects.get(action="store.order.reduced").resource_id == str(order.pk)


def test_what_stays_is_prepared_and_invoiced_without_the_cancelled_pieces(tenant: Tenant) -> None:
    order = cancelled(two_goods(), Sel=2)
    assert (order.status, order.total_minor) == (Status.CONFIRMED, 7_500)
    sent(order, Riz=3)
    fulfilment.deliver_order(order_id=order.pk, by=staff())
    invoice = Invoice.objects.get()
    order.refresh_from_db()
    assert [(line["name"], line["amount_minor"]) for line in invoice.lines] == [
        ("Riz", 6_000),
        ("Douala centre", 1_500),
    ]
    assert (invoice.total_minor, invoice.tax_minor) == (7_500, order.tax_minor)


def test_what_was_paid_for_cancelled_pieces_is_credited_and_owed(tenant: Tenant) -> None:
    order = cancelled(paid(two_goods(email="awa@example.com")), Riz=1)
    credit = Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE)
    assert [(line["name"], line["quantity"]) for line in credit.lines] == [("Riz", 1)]
    assert (credit.total_minor, owed_of(order), due_of(order)) == (2_000, 2_000, 0)
    assert Delivery.objects.get(template="store_order_reduced").context["owed"] == "2\u202f000\xa0FCFA"
    given_back(order, 2_000)
    assert (owed_of(order), due_of(order), sale_of(order)) == (0, 0, 6_500)
    assert Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).count() == 1


def test_an_order_that_is_short_is_whole_once_what_is_missing_is_cancelled(tenant: Tenant) -> None:
    rice, salt = stocked("Riz", pieces=3, price_minor=2_000), stocked("Sel", pieces=5, price_minor=500)
    order = ordered(cart_with((rice, 3), (salt, 2)), method="wave")
    release(order=order)  # the time in which it keeps its goods is over
    adjust(variant=rice, location=Location.objects.get(), difference=-2, reason="Abîmé", by=staff())
    paid(order)
    assert order.is_short
    cancelled(order, Riz=1)
    assert (order.is_short, stock_of(rice), stock_of(salt)) == (True, (1, 0), (5, 0))
    cancelled(order, Riz=1)
    assert (order.is_short, stock_of(rice), stock_of(salt)) == (False, (0, 0), (3, 0))
    sent(order, Riz=1, Sel=2)
    order.refresh_from_db()
    assert order.status == Status.SHIPPED


def test_held_pieces_that_are_cancelled_are_free_again_at_once(tenant: Tenant) -> None:
    rice, salt = stocked("Riz", pieces=3, price_minor=2_000), stocked("Sel", pieces=2, price_minor=500)
    order = ordered(cart_with((rice, 3), (salt, 2)), method="wave")
    # Somebody else has the salt, while the rice is still held.
    Hold.objects.filter(line__variant=salt).delete()
    StockLevel.objects.filter(variant=salt).update(reserved=0)
    adjust(variant=salt, location=Location.objects.get(), difference=-2, reason="Perdu", by=staff())
    paid(order)
    assert (order.is_short, stock_of(rice)) == (True, (3, 3))
    cancelled(order, Riz=1)
    assert (order.is_short, stock_of(rice)) == (True, (3, 2))
    cancelled(order, Sel=2)
    assert (order.is_short, stock_of(rice), stock_of(salt)) == (False, (1, 0), (0, 0))


def test_cancelling_all_that_stands_cancels_the_order(tenant: Tenant) -> None:
    order = cancelled(two_goods(), Riz=3)
    cancelled(order, Sel=2)
    assert (order.status, order.cancel_reason, order.total_minor) == (Status.CANCELLED, "Plus en stock", 2_500)
    assert stock_of(Variant.objects.get(product__name="Riz")) == (10, 0)
    assert stock_of(Variant.objects.get(product__name="Sel")) == (10, 0)


def test_a_form_sent_again_cancels_once_and_another_with_its_key_is_refused(tenant: Tenant) -> None:
    order, key = two_goods(), uuid.uuid4()
    cancelled(order, key=key, Riz=1)
    cancelled(order, key=key, Riz=1)
    assert lines_of(order)["Riz"] == (2, 1, 0)
    with pytest.raises(Conflict) as refused:
        cancelled(order, key=key, Riz=2)
    assert refused.value.code == "key_used"


@pytest.mark.parametrize(
    ("prepare", "pieces", "reason", "code"),
    [
        (lambda order: None, {"Riz": 4}, "Manque", "pieces_too_many"),
        (lambda order: sent(order, Riz=2), {"Riz": 2}, "Manque", "pieces_too_many"),
        (lambda order: None, {"Riz": 0}, "Manque", "pieces_none"),
        (lambda order: None, {"Riz": 1}, " ", "reason_required"),
        (lambda order: sent(order, Riz=3, Sel=2), {"Riz": 1}, "Manque", "order_moved_on"),
        (
            lambda order: cancelling.cancel_order(order_id=order.pk, reason="", by=None),
            {"Riz": 1},
            "",
            "order_moved_on",
        ),
    ],
)
def test_what_cannot_be_cancelled_is_refused(
    tenant: Tenant, prepare: Callable[[Order], Any], pieces: dict[str, int], reason: str, code: str
) -> None:
    order = two_goods()
    prepare(order)
    before = lines_of(order)
    with pytest.raises(DomainError) as refused:
        cancelled(order, reason=reason, **pieces)
    assert (refused.value.code, lines_of(order)) == (code, before)


def test_a_part_that_was_paid_may_pay_the_rest_whole(tenant: Tenant) -> None:
    order = paid(two_goods(), 7_500)
    assert Invoice.objects.count() == 0
    cancelled(order, Sel=2)
    assert (due_of(order), owed_of(order), Invoice.objects.get().total_minor) == (0, 0, 7_500)
    given_back(order, 500)
    assert due_of(order) == 0, "what is given back of an order that was paid whole is not due again"


def test_goods_refused_at_the_door_are_not_to_be_paid(tenant: Tenant) -> None:
    order = two_goods()
    sent(order, Riz=3, Sel=2)
    came_back(order, place=Location.objects.get(), Riz=1)
    assert (order.status, due_of(order), owed_of(order)) == (Status.SHIPPED, 6_500, 0)
    assert lines_of(order)["Riz"] == (2, 1, 2)
    assert stock_of(Variant.objects.get(product__name="Riz")) == (8, 0)
    assert paid(order).paid_minor == 6_500
    assert Invoice.objects.get().total_minor == 6_500


def test_an_order_refused_whole_at_the_door_is_cancelled(tenant: Tenant) -> None:
    order = two_goods()
    sent(order, Riz=3, Sel=2)
    came_back(order, place=Location.objects.get(), Riz=1)
    came_back(order, place=Location.objects.get(), Riz=2, Sel=2)
    assert (order.status, order.cancel_reason, order.is_short) == (Status.CANCELLED, "Refusé", False)
    assert (owed_of(order), Invoice.objects.count()) == (0, 0)
    assert stock_of(Variant.objects.get(product__name="Riz")) == (10, 0)
    assert stock_of(Variant.objects.get(product__name="Sel")) == (10, 0)


def test_goods_handed_over_on_credit_that_come_back_are_credited(tenant: Tenant) -> None:
    order = two_goods()
    sent(order, Riz=3, Sel=2)
    fulfilment.deliver_order(order_id=order.pk, by=staff())
    order.refresh_from_db()
    came_back(order, Sel=2)
    credit = Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE)
    assert (credit.total_minor, due_of(order)) == (1_000, 7_500)
    came_back(order, Riz=3)
    assert order.status == Status.CANCELLED
    notes = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE)
    invoice = Invoice.objects.get(kind=Invoice.Kind.INVOICE)
    assert notes.aggregate(Sum("total_minor"), Sum("tax_minor")) == {
        "total_minor__sum": invoice.total_minor,
        "tax_minor__sum": invoice.tax_minor,
    }


def test_what_was_given_back_before_an_order_was_ever_paid_whole_is_no_part_of_the_sale(tenant: Tenant) -> None:
    order = given_back(paid(two_goods(), 5_000), 5_000)
    assert (due_of(order), sale_of(order)) == (8_500, 8_500)
    sent(order, Riz=3, Sel=2)
    fulfilment.deliver_order(order_id=order.pk, by=staff())
    order.refresh_from_db()
    assert Invoice.objects.get().settlements == []
    came_back(order, Riz=3)
    assert (due_of(order), invoiced()) == (2_500, 2_500)
    paid(order)
    assert (due_of(order), owed_of(order), sale_of(order), invoiced()) == (0, 0, 2_500, 2_500)


def test_an_invoice_says_no_more_was_paid_than_it_comes_to(tenant: Tenant) -> None:
    order = cancelled(paid(two_goods(), 7_500), Riz=2)
    assert owed_of(order) == 3_000
    assert [one["amount_minor"] for one in Invoice.objects.get().settlements] == [4_500]


def test_lines_of_other_orders_count_for_nothing(tenant: Tenant) -> None:
    order = two_goods()
    rice = order.lines.get(product_name="Riz")
    pieces = {rice.pk: 1, rice.pk + 1_000: 4}
    cancelling.cancel_pieces(order_id=order.pk, key=uuid.uuid4(), pieces=pieces, reason="Manque", by=staff())
    order.refresh_from_db()
    assert (order.status, lines_of(order)["Riz"]) == (Status.CONFIRMED, (2, 1, 0))


def test_cash_that_a_page_still_shows_as_due_is_not_noted_once_all_came_back(owner: Browser) -> None:
    order = two_goods()
    sent(order, Riz=3, Sel=2)
    came_back(order, Riz=3, Sel=2)
    owner.post(f"/staff/orders/{order.number}/cash/", {"key": str(uuid.uuid4()), "due": "8500"})
    order.refresh_from_db()
    assert (order.status, order.paid_minor) == (Status.CANCELLED, 0)


def test_a_sale_at_a_till_stays_whole_whichever_way_its_goods_come_back(tenant: Tenant) -> None:
    order = sell(session := make_session(), sold_line(make_variants(9, price_minor=1_000)[0], 3)).order
    assert order is not None
    line = order.lines.get()
    for at_till in (True, False, False):
        said = {"order_id": order.pk, "key": uuid.uuid4(), "pieces": {line.pk: 1}, "reason": "Taille", "by": staff()}
        if at_till:
            take_back_at_till(session_id=session.pk, method="cash", restock=True, **said)
        else:
            fulfilment.take_back(location=None, **said)
    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.status, order.total_minor, line.quantity, line.returned) == (Status.DELIVERED, 3_000, 3, 3)
    assert (due_of(order), owed_of(order), Invoice.objects.count()) == (0, 2_000, 0)


def test_pieces_of_two_places_go_back_where_they_came_from(tenant: Tenant) -> None:
    rice = stocked("Riz", pieces=2, price_minor=2_000)
    depot = Location.objects.create(name="Dépôt", position=9, sells_online=True)
    receive(variant=rice, location=depot, quantity=5)
    order = ordered(cart_with((rice, 4)))
    cancelled(order, Riz=3)
    levels = StockLevel.objects.filter(variant=rice)
    assert sum(level.quantity for level in levels) == 6
    cancelling.cancel_order(order_id=order.pk, reason="", by=staff())
    assert dict(levels.values_list("location__name", "quantity")) == {Location.objects.first().name: 2, "Dépôt": 5}


Act = tuple[str, str, int]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["sent", "cancelled", "came_back", "paid", "given_back", "deliver"]),
        st.sampled_from(["Riz", "Sel"]),
        st.integers(1, 4),
    ),
    max_size=9,
)


def attempt(order: Order, act: Act) -> None:
    what, name, number = act
    if what == "paid":
        paid(order, min(due_of(order), number * 2_500))
    elif what == "given_back":
        given_back(order, min(order.paid_minor - order.refunded_minor, number * 500))
    elif what == "deliver":
        fulfilment.deliver_order(order_id=order.pk, by=staff())
    elif what == "came_back":
        came_back(order, place=Location.objects.get(), **{name: number})
    else:
        {"sent": sent, "cancelled": cancelled}[what](order, **{name: number})


@pytest.fixture
def goods(tenant: Tenant) -> tuple[Variant, Variant]:
    return rice_and_salt()


@random_runs
@given(acts=ACTS)
def test_sums_goods_and_papers_agree_whatever_happens_to_an_order(
    goods: tuple[Variant, Variant], acts: list[Act]
) -> None:
    with undone():
        order = order_of(goods)
        for act in acts:
            with suppress(DomainError), transaction.atomic():
                attempt(order, act)
            order.refresh_from_db()
            check(order)
        check_settled(order)


def check(order: Order) -> None:
    lines = list(OrderLine.objects.filter(order=order))
    assert order.items_minor == sum(line.total_minor for line in lines)
    assert order.total_minor == order.items_minor + 1_500
    assert not (due_of(order) and owed_of(order))
    found = list_orders(OrderFilter("to_refund"), page=1).object_list
    assert (order in found) == bool(owed_of(order))
    assert not order.is_short
    for line in lines:
        level = StockLevel.objects.get(variant=line.variant_id)
        assert level.quantity == Movement.objects.filter(level=level).aggregate(sum=Sum("quantity"))["sum"]
        gone = 0 if order.status == Status.CANCELLED else line.quantity - line.returned
        assert (level.quantity, level.reserved) == (10 - gone, 0)


def check_settled(order: Order) -> None:
    """Once what is due is paid and what is owed is given back, orders, papers and money say the same."""
    if due_of(order):
        paid(order)
    if owed_of(order):
        given_back(order, owed_of(order))
    money = order.paid_minor - order.refunded_minor
    assert owed_of(order) == 0
    assert order.status == Status.CANCELLED or (due_of(order), sale_of(order)) == (0, money)
    if Invoice.objects.exists():
        assert invoiced() == money


def invoiced() -> int:
    """What the invoice says, less what was credited of it."""
    invoice = Invoice.objects.get(kind=Invoice.Kind.INVOICE)
    assert sum(paid["amount_minor"] for paid in invoice.settlements) <= invoice.total_minor
    return invoice.total_minor - (invoice.credit_notes.aggregate(sum=Sum("total_minor"))["sum"] or 0)


def test_staff_cancel_a_part_on_a_page_that_says_what_follows(owner: Browser) -> None:
    order = two_goods()
    sent(order, Riz=3, Sel=1)
    address = f"/staff/orders/{order.number}/cancel-pieces/"
    assert address in owner.get(f"/staff/orders/{order.number}/").content.decode()
    page = owner.get(address).content.decode()
    salt = order.lines.get(product_name="Sel")
    assert f'name="line-{salt.pk}" value="0"' in page
    assert f'name="line-{order.lines.get(product_name="Riz").pk}"' not in page
    form = {"key": str(uuid.uuid4()), f"line-{salt.pk}": "1", "reason": ""}
    refused = owner.post(address, form)
    assert refused.status_code == 422
    form["reason"] = "Plus en stock"
    for _again in range(2):
        assert owner.post(address, form).status_code == 302
    page = owner.get(f"/staff/orders/{order.number}/").content.decode()
    assert "1 pièce annulée" in page
    assert "1 × Sel" in page
    assert address not in page
    order.refresh_from_db()
    assert (order.status, order.total_minor) == (Status.SHIPPED, 8_000)
    other = owner.post(address, {**form, "reason": "Autre chose"})
    assert other.status_code == 422
    assert "n’est pas enregistré" in other.content.decode()
