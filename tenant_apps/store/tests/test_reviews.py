"""What customers say about products, and the ratings that follow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q, Sum
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.accounts.models import User
from shared_apps.accounts.services.personal_data import erase_person, export_data
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError, TooManyAttempts
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Order, Product, Review
from tenant_apps.store.rules.ratings import Rating, signed
from tenant_apps.store.services import reviews
from tenant_apps.store.services.reviews import ReviewDetails
from tenant_apps.store.tests.sold import make_order
from tenant_apps.store.tests.support import make_product
from tenant_apps.team.tests.support import owner, refused
from tests.support.factories import make_user
from tests.support.random_runs import Run, random_runs, runs_of, undone
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once

LOVELY = ReviewDetails(rating=5, title="Très beau", text="Coton épais.\nCouleurs vives.")


def write(product: Product, *, by: User | None = None, rating: int = 5, text: str = "") -> Review:
    return reviews.write_review(product=product, by=by or make_user(), details=ReviewDetails(rating, text=text))


def publish(review: Review, *, by: User | None = None) -> Review:
    return reviews.publish_review(review=review, by=by or owner().user, version=review.version)


def rating(product: Product) -> tuple[int, int]:
    product.refresh_from_db(fields=["rating_sum", "rating_count"])
    return product.rating_sum, product.rating_count


def test_a_review_waits_to_be_read_and_counts_once_it_is_published(tenant: Tenant) -> None:
    product, author = make_product(), make_user(first_name="Awa", last_name="Diop")
    review = reviews.write_review(product=product, by=author, details=LOVELY)
    assert (review.status, review.is_verified, rating(product)) == ("pending", False, (0, 0))

    published = publish(review)
    assert (published.status, published.moderated_by, rating(product)) == ("published", owner().user, (5, 1))
    assert (published.signature, published.text) == ("Awa D.", "Coton épais.\nCouleurs vives.")
    actions = AuditLog.objects.filter(resource_type="store.review").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["store.review.written", "store.review.published"]


def test_publishing_twice_counts_once(tenant: Tenant) -> None:
    product = make_product()
    review = write(product, rating=4)
    publish(review)
    publish(review)
    assert rating(product) == (4, 1)


def test_somebody_has_one_review_of_a_product_and_changing_it_has_it_read_again(tenant: Tenant) -> None:
    product, author = make_product(), make_user()
    publish(write(product, by=author, rating=5, text="Bien"))
    review = Review.objects.get()
    reviews.reply_to_review(review=review, text="Merci", by=owner().user, version=review.version)

    changed = write(product, by=author, rating=2, text="Déteint au lavage")
    assert (Review.objects.count(), changed.status, changed.rating, changed.reply) == (1, "pending", 2, "")
    assert rating(product) == (0, 0)
    publish(changed)
    assert rating(product) == (2, 1)


def test_the_same_words_again_change_nothing(tenant: Tenant) -> None:
    product, author = make_product(), make_user()
    publish(write(product, by=author, rating=3, text="Correct"))
    again = write(product, by=author, rating=3, text="Correct")
    assert (again.status, rating(product)) == ("published", (3, 1))
    assert not AuditLog.objects.filter(action="store.review.changed").exists()


def test_words_that_changed_under_the_reader_are_not_published_unread(tenant: Tenant) -> None:
    product, author = make_product(), make_user()
    review = write(product, by=author, rating=5, text="Bien")
    seen = review.version
    write(product, by=author, rating=1, text="Insultes")
    for decide in (
        lambda: reviews.publish_review(review=review, by=owner().user, version=seen),
        lambda: reviews.reject_review(review=review, reason="Non", by=owner().user, version=seen),
    ):
        with refused("review_changed"):
            decide()
    assert Review.objects.get().status == "pending"


def test_a_rejected_review_leaves_the_rating_and_tells_its_author_why(tenant: Tenant) -> None:
    product = make_product()
    review = publish(write(product, rating=1))
    publish(write(product, rating=4))
    with refused("reason_missing") as caught:
        reviews.reject_review(review=review, reason="  ", by=owner().user, version=review.version)
    assert caught.value.field == "reason"
    rejected = reviews.reject_review(review=review, reason="Hors sujet", by=owner().user, version=review.version)
    assert (rejected.status, rejected.reason, rating(product)) == ("rejected", "Hors sujet", (4, 1))
    again = publish(rejected)
    assert (again.reason, rating(product)) == ("", (5, 2))


def test_only_published_reviews_are_answered_and_an_answer_can_be_taken_back(tenant: Tenant) -> None:
    review = write(make_product())
    with refused("review_hidden"):
        reviews.reply_to_review(review=review, text="Merci", by=owner().user, version=review.version)
    publish(review)
    answered = reviews.reply_to_review(review=review, text=" Merci ", by=owner().user, version=review.version)
    assert (answered.reply, answered.replied_at is not None) == ("Merci", True)
    silent = reviews.reply_to_review(review=review, text="", by=owner().user, version=review.version)
    assert (silent.reply, silent.replied_at) == ("", None)


def test_ones_own_review_can_be_deleted_and_nobody_elses(tenant: Tenant) -> None:
    product, author = make_product(), make_user()
    publish(write(product, by=author, rating=2))
    publish(write(product, rating=5))
    reviews.delete_my_review(product=product, by=make_user())
    assert rating(product) == (7, 2)
    reviews.delete_my_review(product=product, by=author)
    reviews.delete_my_review(product=product, by=author)
    assert rating(product) == (5, 1)
    assert AuditLog.objects.filter(action="store.review.deleted").count() == 1


@pytest.mark.parametrize(
    ("status", "verified"),
    [("pending", False), ("confirmed", False), ("shipped", True), ("delivered", True), ("cancelled", False)],
)
def test_a_buyer_is_who_was_sent_the_product(tenant: Tenant, status: str, verified: bool) -> None:
    product, author = make_product(), make_user()
    make_order({"variant": product.variants.get()}, user=author, status=status)
    assert write(product, by=author).is_verified is verified
    assert write(product).is_verified is False
    assert write(make_product("Autre"), by=author).is_verified is False


def test_who_buys_after_writing_is_verified_when_the_review_is_published(tenant: Tenant) -> None:
    product, author = make_product(), make_user()
    review = write(product, by=author)
    make_order({"variant": product.variants.get()}, user=author, status=Order.Status.DELIVERED)
    assert publish(review).is_verified is True


def test_drafts_and_deleted_products_are_not_reviewed(tenant: Tenant) -> None:
    draft, gone = make_product("Brouillon", publish=False), make_product("Parti")
    Product.objects.filter(pk=gone.pk).delete()
    for product in (draft, gone):
        with refused("product_gone"):
            write(product)
    assert not Review.objects.exists()


def test_reviews_are_written_at_a_human_pace(tenant: Tenant) -> None:
    product, author = make_product(), make_user()
    for number in range(reviews.TRIES_AN_HOUR):
        write(product, by=author, text=f"Version {number}")
    with pytest.raises(TooManyAttempts):
        write(product, by=author, text="Encore")
    assert Review.objects.get().text == f"Version {reviews.TRIES_AN_HOUR - 1}"


def test_a_deleted_review_can_no_longer_be_decided(tenant: Tenant) -> None:
    product, author = make_product(), make_user()
    review = write(product, by=author)
    reviews.delete_my_review(product=product, by=author)
    with refused("review_gone"):
        publish(review)
    assert rating(product) == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"rating": 0},
        {"rating": 6},
        {"status": "shown"},
        {"status": "published"},  # by nobody
        {"status": "rejected"},
        {"reason": "Sans décision"},
        {"reply": "Sans date"},
    ],
)
def test_the_database_refuses_what_the_services_would(tenant: Tenant, change: dict[str, Any]) -> None:
    write(make_product())
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.update(**change)


@pytest.mark.parametrize(("total", "count"), [(1, 2), (11, 2), (1, 0)])
def test_the_database_refuses_sums_that_no_ratings_make(tenant: Tenant, total: int, count: int) -> None:
    product = make_product()
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(rating_sum=total, rating_count=count)


def test_a_person_takes_their_reviews_along_and_erases_them_with_the_account(tenant: Tenant) -> None:
    product, author = make_product("Robe"), make_user(email="awa@example.org", first_name="Awa")
    publish(write(product, by=author, rating=1, text="Mes mots"))
    publish(write(product, rating=4))
    assert '"text": "Mes mots"' in export_data(user=author).decode()
    erase_person(user=author, typed="awa@example.org")
    assert rating(product) == (4, 1)
    assert not Review.objects.filter(author=author).exists()
    with refused("account_closed"):
        write(product, by=author)
    assert not AuditLog.objects.filter(Q(before__icontains="Mes mots") | Q(after__icontains="Mes mots")).exists()


def test_the_words_stay_out_of_the_activity_log(tenant: Tenant) -> None:
    write(make_product(), text="Mon numéro est le 670")
    entry = AuditLog.objects.get(action="store.review.written")
    assert entry.after == {"product": "Pagne wax", "rating": 5, "status": "pending", "replied": False}


def _chosen(number: int) -> Review:
    found = list(Review.objects.order_by("pk"))
    return found[number % len(found)] if found else write(Product.objects.earliest("pk"))


def _decide(decide: Callable[..., Any], number: int, **words: str) -> None:
    review = _chosen(number)
    decide(review=review, by=owner().user, version=review.version, **words)


def _rewrite(number: int) -> None:
    review = _chosen(number)
    write(review.product, by=review.author, rating=number + 1, text=str(Review.objects.count()))


OPERATIONS = {
    "write": lambda number: write(Product.objects.order_by("pk")[number % 2], rating=number + 1),
    "rewrite": _rewrite,
    "publish": lambda number: _decide(reviews.publish_review, number),
    "reject": lambda number: _decide(reviews.reject_review, number, reason="Non"),
    "reply": lambda number: _decide(reviews.reply_to_review, number, text="Merci"),
    "delete": lambda number: reviews.delete_my_review(product=_chosen(number).product, by=_chosen(number).author),
    "forget": lambda number: reviews.forget_reviews_of(user=_chosen(number).author),
}


def sums_are_true() -> bool:
    """Whether every product's two sums are those of its published reviews."""
    published = Q(reviews__status="published")
    truth = Product.objects.annotate(
        stars=Sum("reviews__rating", filter=published), number=Count("reviews", filter=published)
    )
    return all((one.rating_sum, one.rating_count) == (one.stars or 0, one.number) for one in truth)


@pytest.fixture
def _two_products(tenant: Tenant) -> None:
    make_product("Un"), make_product("Deux")


@pytest.mark.usefixtures("_two_products")
@random_runs
@given(run=runs_of(OPERATIONS))
def test_ratings_are_the_sum_of_published_reviews_after_every_step(run: Run) -> None:
    with undone():
        for name, number in run:
            with suppress(DomainError), transaction.atomic():
                OPERATIONS[name](number)
            assert sums_are_true(), name


PEOPLE = 12


def _everybody_at_once(decisions: Callable[[Review, int], Any]) -> Product:
    """Each review decided about by three people at the same time."""
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    product = make_product()
    written = [write(product, rating=1 + number % 5) for number in range(PEOPLE // 3)]

    def act(number: int) -> None:
        connection.set_tenant(tenant)
        decisions(written[number % len(written)], number)

    answers = at_once(PEOPLE, act)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    connection.set_tenant(tenant)
    return product


@pytest.mark.usefixtures("committed_db")
def test_many_who_decide_at_once_count_each_review_once() -> None:
    product = _everybody_at_once(lambda review, _number: publish(review))
    assert rating(product) == (sum(1 + number % 5 for number in range(PEOPLE // 3)), PEOPLE // 3)
    assert sums_are_true()


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("locked", [True, False])
def test_the_reviews_lock_is_what_keeps_two_from_counting_it_twice(
    monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    if not locked:
        met = Barrier(2)

        def read(rows: Any, pk: Any) -> Review:
            found = rows.get(pk=pk)
            met.wait(timeout=30)
            return found

        monkeypatch.setattr(reviews, "lock_one", read)
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    product = make_product()
    review = write(product, rating=4)

    def act(_number: int) -> None:
        connection.set_tenant(tenant)
        publish(review)

    assert at_once(2, act) == [None, None]
    connection.set_tenant(tenant)
    assert rating(product) == ((4, 1) if locked else (8, 2))


@pytest.mark.usefixtures("committed_db")
def test_writing_publishing_and_deleting_at_once_leave_true_sums() -> None:
    def decide(review: Review, number: int) -> None:
        with suppress(DomainError):
            if number < PEOPLE // 3:
                publish(review)
            elif number < 2 * PEOPLE // 3:
                write(review.product, by=review.author, rating=5, text="Nouveau")
            else:
                reviews.delete_my_review(product=review.product, by=review.author)

    _everybody_at_once(decide)
    assert sums_are_true()


@pytest.mark.usefixtures("committed_db")
def test_a_form_sent_many_times_at_once_makes_one_review() -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    product, author = make_product(), make_user()

    def act(_number: int) -> int:
        connection.set_tenant(tenant)
        return write(product, by=author, rating=4).pk

    assert len(set(at_once(6, act))) == 1
    connection.set_tenant(tenant)
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    ("total", "count", "tenths", "stars"),
    [(0, 0, 0, 0), (5, 1, 50, 5), (13, 3, 43, 4), (9, 2, 45, 5), (7, 2, 35, 4), (17, 4, 43, 4), (85, 20, 43, 4)],
)
def test_averages_are_rounded_half_up(total: int, count: int, tenths: int, stars: int) -> None:
    found = Rating(total=total, count=count)
    assert (found.tenths, found.stars, found.drawn.count(True)) == (tenths, stars, stars)


@given(st.integers(1, 10**6).flatmap(lambda count: st.tuples(st.integers(count, 5 * count), st.just(count))))
def test_every_average_lies_between_one_and_five(pair: tuple[int, int]) -> None:
    found = Rating(*pair)
    assert 10 <= found.tenths <= 50
    assert 1 <= found.stars <= 5


def test_ratings_are_read_in_the_language_of_the_page() -> None:
    with translation.override("fr"):
        assert Rating(13, 3).average == "4,3"
        assert Rating(8, 2).average == "4"
    with translation.override("en"):
        assert Rating(13, 3).words == "4.3 out of 5"


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("Awa", "Diop", "Awa D."),
        (" Awa ", "", "Awa"),
        ("", "Diop", "A customer"),
        ("", "", "A customer"),
        ("Éric", "émané", "Éric É."),
    ],
)
def test_authors_are_shown_by_first_name_and_initial(first: str, last: str, shown: str) -> None:
    with translation.override("en"):
        assert signed(first, last) == shown
