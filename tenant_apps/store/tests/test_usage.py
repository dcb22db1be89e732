"""What the plan counts of a shop stays true, whatever is done in whatever order."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Product
from tenant_apps.store.services import delete_product, update_product
from tenant_apps.store.tests.support import files_of, make_photo, make_product, product_details
from tenant_apps.team import images
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import PENDING_FOR
from tenant_apps.team.services import photos
from tenant_apps.team.tests.support import photo_bytes, refused, upload, with_quota
from tests.support.random_runs import Run, check_run, random_runs, runs_of, undone

SMALL = upload(photo_bytes((64, 48)))
STORAGE = 12_000  # bytes: a handful of the small photos


def chosen(number: int) -> Product:
    products = list(Product.objects.order_by("pk"))
    return products[number % len(products)] if products else make_product("Le premier")


def photo(_number: int = 0) -> Photo:
    SMALL.seek(0)
    return photos.keep_photo(file=SMALL, size=SMALL.size or 0, user=User.objects.get(is_staff=True))


def add_with_photos(number: int) -> None:
    make_product(f"Avec {number}", photos=[photo() for _ in range(number)])


def add_what_is_refused(number: int) -> None:
    make_product("Pris", sku="PRIS")
    make_product("Refusé", sku="pris")


def remove_photos(number: int) -> None:
    product = chosen(number)
    there = list(Photo.objects.filter(pk__in=product.images.values("photo")).values_list("public_id", flat=True))
    update_product(product=product, details=product_details("Autre", 1), remove=there[:number])


def let_uploads_grow_old(_number: int) -> None:
    Photo.objects.update(created_at=timezone.now() - 3 * PENDING_FOR)


OPERATIONS = {
    "add": lambda number: make_product(f"Pagne {number}"),
    "add with photos": add_with_photos,
    "add what is refused": add_what_is_refused,
    "delete": lambda number: delete_product(product=chosen(number)),
    "send a photo": photo,
    "remove photos": remove_photos,
    "let uploads grow old": let_uploads_grow_old,
}


@random_runs
@given(run=runs_of(OPERATIONS), older=st.booleans())
def test_counters_of_a_shop_are_the_truth_after_every_step(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, run: Run, older: bool
) -> None:
    with undone():
        with_quota(tenant, products=5, storage_gb=1)
        monkeypatch.setattr(quotas, "unit_of", lambda name: STORAGE if name == "storage_gb" else 1)
        add_with_photos(2)
        add_with_photos(1)
        check_run(OPERATIONS, run, at_most={"products": 5, "storage_gb": STORAGE}, older=older)


def test_a_photo_that_does_not_fit_leaves_no_file(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    with_quota(tenant, storage_gb=0)
    written: list[Photo] = []
    original = photos._files_of
    monkeypatch.setattr(photos, "_files_of", lambda photo: written.append(photo) or original(photo))
    with refused("quota_reached") as caught:
        make_photo()
    assert caught.value.extra["quota"] == "storage_gb"
    [photo] = written
    assert not any(files_of(photo))
    assert not Photo.objects.exists()


def test_storage_is_given_back_with_the_photos_and_not_before(tenant: Tenant) -> None:
    product = make_product(photos=[make_photo()])
    assert quotas.usage()["storage_gb"] == 0
    size = Photo.objects.get().size
    with_quota(tenant, storage_gb=1)
    with transaction.atomic():
        quotas.reserve("storage_gb", 10**9 - size, message="")
    with refused("quota_reached"):
        make_photo()
    delete_product(product=product)
    make_photo()


def test_images_are_small_enough_for_the_run_above() -> None:
    SMALL.seek(0)
    size = images.process_image(SMALL, size=SMALL.size or 0, field="").size
    assert STORAGE // 20 < size < STORAGE // 2
