"""The API described: `/api/schema/` (OpenAPI) and `/api/docs/` (a page to read and try it)."""

from __future__ import annotations

from csp.decorators import csp_update
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

# The one inline style of drf-spectacular's page (its margins), allowed by its hash; a test notices when it changes.
PAGE_STYLE = "'sha256-MMpT0iDxyjALd9PdfepImGX3DBfJPXZ4IlDWdPAgtn0='"
_page = SpectacularSwaggerSplitView.as_view(url_name="api-schema", authentication_classes=[])

urlpatterns = [
    path("schema/", require_safe(SpectacularAPIView.as_view(authentication_classes=[])), name="api-schema"),
    path("docs/", require_safe(csp_update({"style-src": [PAGE_STYLE]})(_page)), name="api-docs"),
]
