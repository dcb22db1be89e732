"""The API described, on every host its own: `/api/schema/` (OpenAPI) and `/api/docs/` (a page to read and try it)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.urls import path
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

# The one inline style of drf-spectacular's page (its margins), allowed by its hash; a test notices when it changes.
PAGE_STYLE = "'sha256-MMpT0iDxyjALd9PdfepImGX3DBfJPXZ4IlDWdPAgtn0='"
OF_A_WORKSPACE = (
    "What people with a token and programs with a key may do in one workspace. Tokens and keys of one workspace are "
    "worth nothing in another. A workspace that is not paid can be read; "
    "what would change something gets a 403 `subscription_suspended`."
)


@lru_cache
def document(urlconf: str) -> dict[str, Any]:
    """The OpenAPI document of all hosts with that URLconf. It names no host and nothing of a tenant, so it is kept."""
    with translation.override("en"):
        described = SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)
    if urlconf != settings.ROOT_URLCONF:
        described["info"]["description"] = OF_A_WORKSPACE
    return described


class DocumentView(SpectacularAPIView):
    """The document of the host that is asked, as YAML or JSON."""

    authentication_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(document(request._request.urlconf))


_page = SpectacularSwaggerSplitView.as_view(url_name="api-schema", authentication_classes=[])

urlpatterns = [
    path("schema/", require_safe(DocumentView.as_view()), name="api-schema"),
    path("docs/", require_safe(csp_update({"style-src": [PAGE_STYLE]})(_page)), name="api-docs"),
]
