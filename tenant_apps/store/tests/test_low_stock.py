"""Telling the team what becomes low: each article once, until there is enough of it again."""

from __future__ import annotations

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import send_due_emails
from shared_apps.organisations.current import Tenant
from tenant_apps.store import tasks
from tenant_apps.store.models import Location, LowStock, Product, Shop, Variant
from tenant_apps.store.services import stock
from tenant_apps.store.services.low_stock import TOLD, note_low_stock
from tenant_apps.store.tests.support import make_place, make_variants
from tenant_apps.team.tests.support import make_member, make_role
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once


def shop() -> Location:
    return Location.objects.order_by("position", "pk")[0]


def lose(variant: Variant, pieces: int) -> None:
    stock.adjust(variant=variant, location=shop(), difference=-pieces, reason="Perdu")


def mails() -> list[Delivery]:
    return list(Delivery.objects.filter(template="store_low_stock").order_by("key"))


def test_an_article_that_becomes_low_is_told_once_until_there_is_enough_again(tenant: Tenant) -> None:
    [pagne] = make_variants(4)
    assert note_low_stock() == 0
    lose(pagne, 1)
    assert [note_low_stock(), note_low_stock()] == [1, 0]
    lose(pagne, 1)
    assert note_low_stock() == 0
    assert len(mails()) == 1
    stock.receive(variant=pagne, location=shop(), quantity=5)
    assert note_low_stock() == 0
    assert not LowStock.objects.exists()
    lose(pagne, 5)
    assert note_low_stock() == 1
    assert len(mails()) == 2


def test_a_variants_own_threshold_goes_before_the_shops(tenant: Tenant) -> None:
    pagne, robe = make_variants(5, "Pagne", "Robe")
    Shop.objects.update(low_stock_at=1)
    Variant.objects.filter(pk=robe.pk).update(low_stock_at=5)
    assert note_low_stock() == 1
    [mail_] = mails()
    assert mail_.context["lines"] == [{"name": "Robe", "pieces": 5}]
    assert not LowStock.objects.filter(variant=pagne).exists()


def test_what_was_never_in_stock_is_not_counted_or_no_longer_sold_is_not_low(tenant: Tenant) -> None:
    make_variants(0, "Jamais")
    service, old = make_variants(1, "Retouche", "Ancien")
    Product.objects.filter(variants=service).update(supply="always")
    Variant.objects.filter(pk=old.pk).update(is_active=False)
    assert note_low_stock() == 0


def test_pieces_of_all_open_places_count(tenant: Tenant) -> None:
    [pagne] = make_variants(2)
    depot = make_place(sells_online=False)
    stock.receive(variant=pagne, location=depot, quantity=2)
    assert note_low_stock() == 0
    Location.objects.filter(pk=depot.pk).update(is_active=False)
    assert note_low_stock() == 1


def test_everybody_who_may_change_stock_gets_one_mail_with_everything(tenant: Tenant) -> None:
    make_member(make_role("store.change_stock", name="Magasinier"), email="depot@example.org")
    make_member("seller", email="vente@example.org")
    make_member("manager", email="parti@example.org", is_active=False)
    make_variants(1, *(f"Pagne {number:02}" for number in range(TOLD + 2)))
    assert note_low_stock() == TOLD + 2
    assert sorted(one.recipient for one in mails()) == sorted(["depot@example.org", "owner-store-a@example.org"])
    context = mails()[0].context
    assert [line["name"] for line in context["lines"]] == [f"Pagne {number:02}" for number in range(TOLD)]
    assert (context["more"], context["total"]) == (2, TOLD + 2)
    send_due_emails()
    text = mail.outbox[0].body
    assert "Pagne 03" in text
    assert "/staff/stock/?show=low" in text


def test_the_mail_leaves_after_the_sale_is_committed(tenant: Tenant, django_capture_on_commit_callbacks) -> None:
    [pagne] = make_variants(4)
    with django_capture_on_commit_callbacks() as callbacks:
        stock.sell_at(location=shop(), lines=[(pagne, 1)], reference="T 1")
    assert len(callbacks) == 1
    with django_capture_on_commit_callbacks() as callbacks:
        stock.receive(variant=pagne, location=shop(), quantity=1)
    assert callbacks == []


def test_sweeping_visits_shops_and_no_other_workspace(tenant: Tenant) -> None:
    make_variants(2)
    with tenant_context(ready_tenant("store-b")):
        make_variants(2)
    ready_tenant("store-a")
    assert tasks.sweep_low_stock.run() == 2
    assert tasks.end_expired_holds.run() == 0


@pytest.mark.usefixtures("committed_db")
def test_twenty_looks_at_once_tell_once() -> None:
    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        make_variants(2, "Pagne", "Robe")

    def look(_number: int) -> int:
        with tenant_context(tenant):
            return note_low_stock()

    assert sum(at_once(20, look)) == 2
    with tenant_context(tenant):
        assert sum(one.context["total"] for one in mails()) == 2
