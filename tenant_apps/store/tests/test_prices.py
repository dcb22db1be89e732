"""Prices of people, read and kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store import tasks
from tenant_apps.store.models import (
    Category,
    Customer,
    Partner,
    PartnerMember,
    Product,
    Promotion,
    Segment,
    Shop,
    Variant,
)
from tenant_apps.store.rules.offers import VISITOR, Person
from tenant_apps.store.selectors import prices
from tenant_apps.store.services import prices as price_services
from tenant_apps.store.services.prices import refresh_due_prices, refresh_prices
from tenant_apps.store.tests.support import make_product
from tests.support.tenants import ready_tenant
from tests.support.threads import interrupted

HOUR = timedelta(hours=1)


def make_promotion(
    name: str = "Soldes", *, kind: str = "percent", starts: int = -1, ends: int = 1, **values: Any
) -> Promotion:
    """A promotion that runs now unless said otherwise: 10 % off everything for everybody; hours from now."""
    named = {key: values.pop(key, []) for key in ("products", "categories", "segments")}
    if kind == "percent":
        values.setdefault("percent_bp", 1_000)
    now = timezone.now()
    promotion = Promotion.objects.create(
        name=name, kind=kind, starts_at=now + starts * HOUR, ends_at=now + ends * HOUR, **values
    )
    for key, rows in named.items():
        getattr(promotion, key).set(rows)
    return promotion


def make_account(email: str = "awa@example.org", *, proved: bool = True) -> User:
    user = User.objects.create_user(email, "calme-baobab-2026")
    EmailAddress.objects.create(user=user, email=email, verified=proved, primary=True)
    return user


def make_partner(name: str = "UCAD", bp: int = 1_500, *emails: str, **values: Any) -> Partner:
    partner = Partner.objects.create(name=name, kind="university", discount_bp=bp, **values)
    PartnerMember.objects.bulk_create(PartnerMember(partner=partner, email=email) for email in emails)
    return partner


def test_a_visitor_is_nobody_and_costs_no_query(tenant: Tenant) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert prices.person_of(AnonymousUser()) == VISITOR
        assert prices.person_of(None) == VISITOR
    assert len(queries) == 0


def test_an_account_has_its_segment_and_its_partner_in_one_query(tenant: Tenant) -> None:
    user = make_account()
    student = Segment.objects.get(key="student")
    Customer.objects.create(user=user, segment=student)
    make_partner("UCAD", 1_500, "awa@example.org")
    with CaptureQueriesContext(connection) as queries, translation.override("en"):
        person = prices.person_of(user)
    assert person == Person("UCAD", 1_500, "student", "Student", 1_000)
    assert len(queries) == 1
    Segment.objects.filter(pk=student.pk).update(name="Élève")
    assert prices.person_of(user).segment_name == "Élève"


def test_an_account_without_anything_is_a_visitor_for_prices(tenant: Tenant) -> None:
    assert prices.person_of(make_account()) == VISITOR


def test_a_partner_counts_by_a_proved_address_alone(tenant: Tenant) -> None:
    make_partner("UCAD", 1_500, "awa@example.org")
    user = make_account(proved=False)
    assert prices.person_of(user) == VISITOR
    EmailAddress.objects.filter(user=user).update(verified=True)
    assert prices.person_of(user).partner_bp == 1_500


def test_somebody_elses_proved_address_gives_nothing(tenant: Tenant) -> None:
    make_partner("UCAD", 1_500, "awa@example.org")
    make_account("awa@example.org")
    assert prices.person_of(make_account("binta@example.org")) == VISITOR


def test_a_partner_that_was_stopped_gives_nothing_and_of_several_the_largest_counts(tenant: Tenant) -> None:
    user = make_account()
    EmailAddress.objects.create(user=user, email="awa@ecole.example", verified=True)
    EmailAddress.objects.create(user=user, email="awa@firme.example", verified=True)
    make_partner("UCAD", 500, "awa@example.org")
    make_partner("École", 700, "awa@ecole.example")
    make_partner("Firme", 9_000, "awa@firme.example", is_active=False)
    assert (prices.person_of(user).partner_name, prices.person_of(user).partner_bp) == ("École", 700)


def test_live_promotions_know_their_products_and_all_shelves_below_in_two_queries(tenant: Tenant) -> None:
    top = Category.objects.create(name="Mode", slug="mode")
    below = Category.objects.create(name="Robes", slug="robes", parent=top)
    lowest = Category.objects.create(name="Pagnes", slug="pagnes", parent=below)
    Category.objects.create(name="Maison", slug="maison")
    product = make_product("Robe")
    student = Segment.objects.get(key="student")
    shelf = make_promotion("Mode", categories=[top], segments=[student])
    one = make_promotion("Robe", products=[product])
    everything = make_promotion("Tout")
    make_promotion("Hier", starts=-3, ends=-2)
    make_promotion("Demain", starts=2, ends=3)
    make_promotion("Arrêtée", is_active=False)
    with CaptureQueriesContext(connection) as queries:
        live = prices.live_promotions(timezone.now())
    assert len(queries) == 2
    assert [campaign.id for campaign in live] == [shelf.pk, one.pk, everything.pk]
    assert live[0].category_ids == {top.pk, below.pk, lowest.pk}
    assert live[0].segments == {"student"}
    assert (live[1].product_ids, live[1].is_for_all_products) == ({product.pk}, False)
    assert live[2].is_for_all_products
    assert prices.live_promotions(timezone.now(), products=())[1].is_for_all_products is False


def test_prices_of_many_variants_cost_the_same_queries(tenant: Tenant) -> None:
    shelf = Category.objects.create(name="Mode", slug="mode")
    make_promotion("Mode", categories=[shelf])
    make_promotion("Tout", percent_bp=100)
    counts = []
    for number in range(3):
        make_product(f"P{number}", category="Mode", price_minor=10_000 + number)
        variants = list(Variant.objects.order_by("pk"))
        with CaptureQueriesContext(connection) as queries:
            found = prices.price_many(variants, VISITOR)
        counts.append(len(queries))
        assert [found[variant.pk].final_minor for variant in variants] == [9_000, 9_001, 9_002][: number + 1]
    assert counts == [3, 3, 3]
    variants = list(Variant.objects.select_related("product"))
    with CaptureQueriesContext(connection) as queries:
        prices.price_many(variants, VISITOR)
    assert len(queries) == 2
    assert prices.price_many([], VISITOR) == {}


def test_a_basket_is_delivered_free_by_a_promotion_of_one_of_its_products(tenant: Tenant) -> None:
    robe, riz = make_product("Robe"), make_product("Riz")
    free = make_promotion("Livraison offerte", kind="free_delivery", products=[robe])
    both = list(Variant.objects.all())
    found = prices.price_basket(both, VISITOR)
    assert (found.free_delivery.id if found.free_delivery else None) == free.pk
    assert {price.final_minor for price in found.prices.values()} == {15_000}
    assert prices.price_basket(list(riz.variants.all()), VISITOR).free_delivery is None


def kept(product: Product) -> int:
    product.refresh_from_db()
    return product.price_from_minor


def test_a_saved_product_has_its_lowest_price_kept(tenant: Tenant) -> None:
    product = make_product(price_minor=12_000)
    assert kept(product) == 12_000
    Variant.objects.create(product=product, position=1, price_minor=9_000, promo_minor=8_000)
    Variant.objects.create(product=product, position=2, price_minor=100, is_active=False)
    assert refresh_prices(products=[product]) == 1
    assert kept(product) == 8_000
    assert refresh_prices(products=[product]) == 0
    Variant.objects.update(is_active=False)
    refresh_prices()
    assert kept(product) == 0


def test_kept_prices_hold_until_the_next_thing_begins_or_ends(tenant: Tenant) -> None:
    product = make_product()
    assert Shop.objects.get().prices_valid_until is None
    make_promotion("Étudiants", starts=1, ends=2, segments=[Segment.objects.get(key="student")])
    make_promotion("Livraison", kind="free_delivery", starts=1, ends=2)
    make_promotion("Arrêtée", is_active=False, starts=1, ends=2)
    refresh_prices()
    assert Shop.objects.get().prices_valid_until is None
    soldes = make_promotion("Soldes", starts=-5, ends=6)
    refresh_prices()
    assert Shop.objects.get().prices_valid_until == soldes.ends_at
    assert kept(product) == 13_500
    variant = product.variants.get()
    variant.promo_minor, variant.promo_starts_at = 10_000, timezone.now() + 3 * HOUR
    variant.save()
    refresh_prices(products=[product])
    assert Shop.objects.get().prices_valid_until == variant.promo_starts_at


def test_one_products_change_after_the_moment_brings_all_products_in_step(tenant: Tenant) -> None:
    first, second = make_product("Un"), make_product("Deux")
    make_promotion("Soldes")
    Shop.objects.update(prices_valid_until=timezone.now() - HOUR)
    assert refresh_prices(products=[first]) == 2
    assert (kept(first), kept(second)) == (13_500, 13_500)


def test_beat_refreshes_where_the_moment_has_passed_and_only_there(tenant: Tenant) -> None:
    product = make_product()
    make_promotion("Soldes")
    with CaptureQueriesContext(connection) as queries:
        assert refresh_due_prices() == 0
    assert len(queries) == 1
    Shop.objects.update(prices_valid_until=timezone.now() - HOUR)
    connection.set_schema_to_public()
    assert tasks.refresh_prices.run() == 1
    connection.set_tenant(tenant)
    assert kept(product) == 13_500


def finals(person: Person = VISITOR, **options: Any) -> dict[str, int]:
    return dict(prices.with_prices(Product.objects.all(), person, **options).values_list("name", "final_minor"))


def test_lists_of_visitors_use_what_is_kept_while_it_holds_and_compute_after(tenant: Tenant) -> None:
    make_product("Robe")
    Product.objects.update(price_from_minor=7)
    assert finals() == {"Robe": 7}
    shop = Shop.objects.get()
    with CaptureQueriesContext(connection) as queries:
        assert finals(shop=shop) == {"Robe": 7}
    assert len(queries) == 1
    Shop.objects.update(prices_valid_until=timezone.now() + HOUR)
    assert finals() == {"Robe": 7}
    Shop.objects.update(prices_valid_until=timezone.now() - HOUR)
    assert finals() == {"Robe": 15_000}
    assert finals(Person("UCAD", 1_000)) == {"Robe": 13_500}


def test_a_list_can_be_sorted_and_filtered_by_a_persons_price(tenant: Tenant) -> None:
    dear, cheap = make_product("Chère", price_minor=10_000), make_product("Simple", price_minor=8_000)
    make_promotion("Chère à moitié prix", percent_bp=5_000, products=[dear])
    person = Person(segment_key="student", segment_name="É", segment_bp=1_000)
    listed = prices.with_prices(Product.objects.filter(status="published"), person).order_by("final_minor")
    assert list(listed.values_list("pk", "final_minor")) == [(dear.pk, 4_500), (cheap.pk, 7_200)]
    assert list(listed.filter(final_minor__lte=5_000)) == [dear]
    with CaptureQueriesContext(connection) as queries:
        list(prices.with_prices(Product.objects.all(), person))
    assert len(queries) == 2


@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.usefixtures("committed_db")
def test_of_two_changes_at_once_the_second_sees_the_first(locked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    make_product("Robe", price_minor=10_000)
    if not locked:
        monkeypatch.setattr(price_services, "lock_shop", Shop.objects.get)

    def change(act: Any) -> None:
        connection.set_tenant(tenant)
        with transaction.atomic():
            act()
            refresh_prices()

    interrupted(
        monkeypatch, price_services, "next_price_change",
        first=lambda: change(lambda: make_promotion("Soldes")),
        then=lambda: change(lambda: Variant.objects.update(price_minor=20_000)),
    )  # fmt: skip
    connection.set_tenant(tenant)
    # 10 % off 20 000. Without the lock the second never hears of the promotion.
    assert Product.objects.get().price_from_minor == (18_000 if locked else 20_000)


# The rule in SQL says what the pure one says, for everybody and whatever runs.

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
moments = st.sampled_from([None, AT - HOUR, AT, AT + timedelta(microseconds=1), AT + HOUR])
bps = st.one_of(st.sampled_from([0, 1, 333, 1_000, 9_999, 10_000]), st.integers(0, 10_000))
# XOF in hundreds and thousands, EUR in cents, and what rounds badly.
amounts = st.one_of(st.integers(0, 50), st.integers(0, 2_000_000), st.sampled_from([1_999, 10**12]))


@st.composite
def variants(draw: Any) -> dict[str, Any]:
    price = draw(amounts)
    promo = draw(st.one_of(st.none(), st.integers(0, price - 1))) if price else None
    starts, ends = draw(moments), draw(moments)
    if starts and ends and starts >= ends:
        ends = None
    active = draw(st.sampled_from([True, True, True, False]))
    return {
        "price_minor": price, "promo_minor": promo, "promo_starts_at": starts, "promo_ends_at": ends, "is_active": active,
    }  # fmt: skip


@st.composite
def promotions(draw: Any) -> dict[str, Any]:
    kind = draw(st.sampled_from(["percent", "fixed", "free_delivery"]))
    value: dict[str, Any] = {}
    if kind == "percent":
        value = {"percent_bp": draw(st.integers(1, 10_000))}
    elif kind == "fixed":
        value = {"amount_minor": draw(st.integers(1, 5_000))}
    starts = draw(st.sampled_from([AT - 2 * HOUR, AT - HOUR, AT, AT + timedelta(microseconds=1)]))
    return {
        **value, "kind": kind, "starts_at": starts, "ends_at": draw(st.sampled_from([AT + HOUR, AT + 2 * HOUR])),
        "is_active": draw(st.sampled_from([True, True, False])),
        "products": draw(st.sets(st.integers(0, 2), max_size=2)), "categories": draw(st.sets(st.integers(0, 2), max_size=1)),
        "segments": draw(st.sets(st.integers(0, 1), max_size=1)),
    }  # fmt: skip


shops = st.fixed_dictionaries({
    "currency": st.sampled_from(["XOF", "EUR"]),
    "variants": st.lists(st.tuples(st.integers(0, 2), variants()), min_size=1, max_size=8),
    "promotions": st.lists(promotions(), max_size=4),
    "partner_bp": bps,
    "segment": st.sampled_from(["", "student", "teacher"]),
    "segment_bp": bps,
})  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shop=shops)
def test_sql_says_what_the_pure_rule_says(tenant: Tenant, shop: dict[str, Any]) -> None:
    with transaction.atomic():
        _fill(shop)
        person = Person("P", shop["partner_bp"], shop["segment"], "S", shop["segment_bp"] if shop["segment"] else 0)
        Shop.objects.update(prices_valid_until=AT)
        active = list(Variant.objects.filter(is_active=True))
        for somebody in (person, VISITOR):
            found = prices.price_many(active, somebody, AT)
            of_product: dict[int, list[int]] = {pk: [] for pk in Product.objects.values_list("pk", flat=True)}
            for variant in active:
                of_product[variant.product_id].append(found[variant.pk].final_minor)
            listed = prices.with_prices(Product.objects.all(), somebody, AT)
            assert dict(listed.values_list("pk", "final_minor")) == {
                pk: min(several, default=0) for pk, several in of_product.items()
            }
        transaction.set_rollback(True)


def _fill(shop: dict[str, Any]) -> None:
    top = Category.objects.create(name="Mode", slug="mode")
    shelves = [
        top,
        Category.objects.create(name="Robes", slug="robes", parent=top),
        Category.objects.create(name="Maison", slug="maison"),
    ]
    segments = [Segment.objects.get(key="student"), Segment.objects.create(key="teacher", name="Professeurs")]
    products = [
        Product.objects.create(name=f"P{number}", slug=f"p{number}", category=shelf)
        for number, shelf in enumerate([shelves[1], shelves[2], None])
    ]
    Variant.objects.bulk_create(
        Variant(product=products[number], position=position, **values)
        for position, (number, values) in enumerate(shop["variants"])
    )
    for values in shop["promotions"]:
        named = {key: values[key] for key in ("products", "categories", "segments")}
        promotion = Promotion.objects.create(
            name="x", **{key: value for key, value in values.items() if key not in named}
        )
        promotion.products.set(products[number] for number in named["products"])
        promotion.categories.set(shelves[number] for number in named["categories"])
        promotion.segments.set(segments[number] for number in named["segments"])
