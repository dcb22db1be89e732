"""Reviews, where customers write them and where staff read them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Order, Product, Review
from tenant_apps.store.services import reviews
from tenant_apps.store.services.reviews import ReviewDetails
from tenant_apps.store.tests.sold import make_order
from tenant_apps.store.tests.support import make_product
from tenant_apps.team.tests.support import client_for, make_member, owner
from tests.support.factories import make_user
from tests.support.queries import queries_of

PAGE = "/products/robe/"
WRITE = "/products/robe/review/"
QUEUE = "/staff/reviews/"


@pytest.fixture
def product(tenant: Tenant) -> Product:
    return make_product("Robe")


@pytest.fixture
def awa(tenant: Tenant, product: Product) -> User:
    return make_user(first_name="Awa", last_name="Diop")


@pytest.fixture(autouse=True)
def _stay_in_the_tenant(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests leave the connection on the platform: after each, back to the tenant, so that tests can look at its rows."""
    request = Client.request

    def and_back(client: Client, **environ: Any) -> Any:
        try:
            return request(client, **environ)
        finally:
            connection.set_tenant(tenant)

    monkeypatch.setattr(Client, "request", and_back)


def written(product: Product, author: User, *, text: str = "Coton épais", publish: bool = False) -> Review:
    review = reviews.write_review(product=product, by=author, details=ReviewDetails(rating=4, text=text))
    if publish:
        reviews.publish_review(review=review, by=owner().user, version=review.version)
    return review


def html_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_visitor_is_led_to_the_log_in_and_back_to_the_form(product: Product, visitor: Client) -> None:
    assert f'href="{WRITE}"' in html_of(visitor, PAGE)
    answer = visitor.get(WRITE)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={WRITE}"
    assert visitor.post(WRITE, {"rating": "5"}).status_code == 302


def test_a_customer_writes_staff_publish_and_everybody_reads(
    tenant: Tenant, product: Product, awa: User, visitor: Client, tenant_client: Client
) -> None:
    make_order({"variant": product.variants.get()}, user=awa, status=Order.Status.DELIVERED)
    customer = client_for(awa, tenant)
    data = {"rating": "4", "title": "Très  belle", "text": "Coton épais.\r\nBien cousue."}
    answer = customer.post(WRITE, data)
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#reviews")
    assert "Bien cousue." in html_of(customer, PAGE)
    assert "Bien cousue." not in html_of(visitor, PAGE)

    queue = html_of(tenant_client, QUEUE)
    [version] = re.findall(r'name="version" value="([^"]+)"', queue)
    review = Review.objects.get()
    assert tenant_client.post(f"{QUEUE}{review.pk}/publish/", {"version": version}).status_code == 302
    page = html_of(visitor, PAGE)
    assert "Coton épais.<br>Bien cousue." in page
    assert "Awa D." in page
    assert "Diop" not in page
    assert "4 sur 5" in page or "4 out of 5" in page
    assert "Bien cousue." in html_of(visitor, "/products/robe/reviews/")


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    tenant: Tenant, product: Product, awa: User
) -> None:
    customer = client_for(awa, tenant)
    for wrong in ({}, {"rating": "6"}, {"rating": "cinq"}, {"rating": "0"}):
        answer = customer.post(WRITE, {"title": "Belle", "text": "Mes mots", **wrong})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="id_rating_error"' in html
        assert 'value="Belle"' in html
        assert "Mes mots" in html
    too_long = customer.post(WRITE, {"rating": "5", "text": "x" * 2001})
    assert too_long.status_code == 422
    assert 'id="id_text_error"' in too_long.content.decode()
    assert not Review.objects.exists()


def test_its_author_sees_what_became_of_a_review_changes_it_and_deletes_it(
    tenant: Tenant, product: Product, awa: User
) -> None:
    review = written(product, awa, text="Trop cher")
    reviews.reject_review(review=review, reason="Parlez du produit", by=owner().user, version=review.version)
    customer = client_for(awa, tenant)
    page = html_of(customer, PAGE)
    assert "Parlez du produit" in page
    assert "Trop cher" in page
    assert "Trop cher" in html_of(customer, WRITE)
    assert customer.get(f"{WRITE}delete/").status_code == 200
    assert customer.post(f"{WRITE}delete/").status_code == 302
    assert customer.get(f"{WRITE}delete/").status_code == 302
    assert not Review.objects.exists()


def test_staff_reject_with_a_reason_and_reply_to_what_is_published(
    tenant: Tenant, product: Product, awa: User, tenant_client: Client, visitor: Client
) -> None:
    review = written(product, awa, publish=True)
    place = f"{QUEUE}{review.pk}/"
    version = {"version": review.version}
    assert tenant_client.post(f"{place}reply/", {**version, "reply": "Merci Awa"}).status_code == 302
    assert "Merci Awa" in html_of(visitor, PAGE)

    answer = tenant_client.post(f"{place}reject/", {**version, "reason": " "})
    assert answer.status_code == 422
    assert 'id="id_reason_error"' in answer.content.decode()
    stale = tenant_client.post(f"{place}reject/", {"version": "2026-01-01", "reason": "Hors sujet"})
    assert stale.status_code == 422
    assert "Hors sujet" in stale.content.decode()
    assert review.version in stale.content.decode()
    assert tenant_client.post(f"{place}reject/", {**version, "reason": "Hors sujet"}).status_code == 302
    assert "Merci Awa" not in html_of(visitor, PAGE)
    assert "Hors sujet" in html_of(tenant_client, f"{QUEUE}?status=rejected")


def test_a_review_changed_meanwhile_is_shown_again_instead_of_published(
    tenant: Tenant, product: Product, awa: User, tenant_client: Client
) -> None:
    review = written(product, awa, text="Bien")
    written(product, awa, text="Autre chose")
    answer = tenant_client.post(f"{QUEUE}{review.pk}/publish/", {"version": review.version}, follow=True)
    assert answer.status_code == 200
    assert "Autre chose" in answer.content.decode()
    assert Review.objects.get().status == "pending"


def test_only_who_may_moderate_decides(tenant: Tenant, product: Product, awa: User, visitor: Client) -> None:
    review = written(product, awa)
    seller, manager = (client_for(make_member(role).user, tenant) for role in ("seller", "manager"))
    customer = client_for(awa, tenant)
    place = f"{QUEUE}{review.pk}/"
    for client, status in ((seller, 403), (customer, 403), (visitor, 302)):
        assert client.get(QUEUE).status_code == status
        for act in ("publish", "reject", "reply"):
            data = {"version": review.version, "reason": "x", "reply": "x"}
            assert client.post(f"{place}{act}/", data).status_code == status
    assert Review.objects.get().status == "pending"
    assert manager.post(f"{place}publish/", {"version": review.version}).status_code == 302
    assert Review.objects.get().status == "published"


def test_junk_is_answered_calmly(tenant: Tenant, product: Product, awa: User, tenant_client: Client) -> None:
    review = written(product, awa)
    for path in (
        f"{QUEUE}?status=x&page=-1", f"{QUEUE}?page=999", "/products/robe/reviews/?page=abc", PAGE,
    ):  # fmt: skip
        assert tenant_client.get(path).status_code == 200, path
    for path in (f"{QUEUE}{10**30}/", f"{QUEUE}{review.pk + 1}/", "/products/rien/review/", "/products/rien/reviews/"):
        assert tenant_client.get(path).status_code == 404, path
    assert tenant_client.post(f"{QUEUE}{review.pk}/publish/", {}).status_code == 302
    assert tenant_client.post(f"{QUEUE}{review.pk}/reject/", {"reason": "x"}).status_code == 422
    assert tenant_client.get(f"{QUEUE}{review.pk}/publish/").status_code == 405
    assert Review.objects.get().status == "pending"


def test_a_draft_takes_no_reviews(tenant: Tenant, tenant_client: Client) -> None:
    make_product("Brouillon", publish=False)
    assert "/products/brouillon/review/" not in html_of(tenant_client, "/products/brouillon/")
    assert tenant_client.get("/products/brouillon/review/").status_code == 404


def test_words_are_text_and_never_markup(
    tenant: Tenant, product: Product, awa: User, tenant_client: Client, visitor: Client
) -> None:
    evil = "<script>alert(1)</script>"
    User.objects.filter(pk=awa.pk).update(first_name=evil)
    review = reviews.write_review(product=product, by=awa, details=ReviewDetails(3, title=evil, text=evil))
    reviews.publish_review(review=review, by=owner().user, version=review.version)
    reviews.reply_to_review(review=review, text=evil, by=owner().user, version=review.version)
    for client, path in (
        (visitor, PAGE), (visitor, "/products/robe/reviews/"), (client_for(awa, tenant), WRITE),
        (tenant_client, f"{QUEUE}?status=published"), (tenant_client, f"{QUEUE}{review.pk}/"),
    ):  # fmt: skip
        assert "<script>alert" not in html_of(client, path)


@pytest.mark.parametrize("path", [PAGE, "/products/robe/reviews/", f"{QUEUE}?status=published", QUEUE])
def test_pages_cost_the_same_whatever_there_is_to_read(
    tenant: Tenant, product: Product, tenant_client: Client, path: str
) -> None:
    def add(times: int) -> None:
        for number in range(times):
            written(product, make_user(first_name=f"A{number}"), publish=True)
            written(product, make_user())

    add(1)
    tenant_client.get(path)
    few = queries_of(tenant_client, path)
    add(7)
    assert queries_of(tenant_client, path) == few


def test_the_page_shows_a_few_reviews_and_the_rest_on_a_page_of_their_own(
    tenant: Tenant, product: Product, visitor: Client
) -> None:
    for number in range(7):
        written(product, make_user(), text=f"Avis numéro {number}", publish=True)
    page = html_of(visitor, PAGE)
    assert page.count("Avis numéro") == 5
    assert 'href="/products/robe/reviews/"' in page
    assert html_of(visitor, "/products/robe/reviews/").count("Avis numéro") == 7


def test_an_empty_queue_says_what_it_is_for(tenant: Tenant, product: Product, awa: User, tenant_client: Client) -> None:
    assert 'class="empty"' in html_of(tenant_client, QUEUE)
    written(product, awa, publish=True)
    page = html_of(tenant_client, QUEUE)
    assert 'class="tabs"' in page
    assert 'class="empty"' in page
