"""Serving photos: public ones to everybody, the others to staff."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.views.decorators.http import require_safe

from tenant_apps.team.access import TenantRequest, is_staff
from tenant_apps.team.models import Photo
from tenant_apps.team.products import product_config
from tenant_apps.team.selectors import photo_of

CONTENT_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
PHOTO_PATH = re.compile(r"photos/(?P<id>[0-9a-f]{32})/(?P<width>\d{1,4})\.(?P<extension>webp|jpg)")
# The address contains a random id that no other photo ever gets.
FOREVER = "public, max-age=31536000, immutable"
ONLY_HERE = "private, max-age=300"


@login_not_required
@require_safe
def media(request: TenantRequest, path: str) -> FileResponse:
    """One file of a photo. The product says which photos are public (`AppConfig.is_public_photo`)."""
    match = PHOTO_PATH.fullmatch(path)
    photo = photo_of(UUID(match["id"])) if match else None
    if match is None or photo is None or int(match["width"]) not in photo.widths:
        raise Http404
    public = product_config(request.tenant.product).is_public_photo(photo)
    if not public and not is_staff(request):
        raise Http404
    return _respond(photo, int(match["width"]), match["extension"], public=public)


def _respond(photo: Photo, width: int, extension: str, *, public: bool) -> FileResponse:
    try:
        file = default_storage.open(photo.file_name(width, extension))
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=CONTENT_TYPES[extension])
    response["Cache-Control"] = FOREVER if public else ONLY_HERE
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    return response
