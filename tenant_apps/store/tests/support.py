"""Making products for tests."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.storage import default_storage

from shared_apps.accounts.models import User
from tenant_apps.store.models import Product
from tenant_apps.store.services import ProductDetails, create_product
from tenant_apps.team.models import Photo
from tenant_apps.team.services.photos import keep_photo
from tenant_apps.team.tests.support import upload


def make_product(
    name: str = "Pagne wax", *, publish: bool = True, photos: list[Photo] | None = None, **details: Any
) -> Product:
    """A product in the current tenant."""
    values = {"name": name, "price_minor": 15000, **details}
    return create_product(public_id=uuid.uuid4(), details=ProductDetails(**values), photos=photos, publish=publish)


def make_photo(user: User | None = None) -> Photo:
    """A pending upload of the owner."""
    file = upload()
    return keep_photo(file=file, size=file.size or 0, user=user or User.objects.get(is_staff=True))


def files_of(photo: Photo) -> list[bool]:
    """Whether each of a photo's files is there."""
    return [default_storage.exists(photo.file_name(w, e)) for w in photo.widths for e in ("webp", "jpg")]
