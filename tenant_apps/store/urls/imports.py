"""Where staff send the catalogue as a file, and take it away."""

from __future__ import annotations

from django.urls import path, register_converter

from tenant_apps.store.views import imports


class FileKind:
    """The kinds of files there are."""

    regex = "csv|xlsx"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FileKind, "table_kind")

urlpatterns = [
    path("staff/products/import/", imports.imports, name="staff_imports"),
    path("staff/products/import/<uuid:batch_id>/", imports.import_page, name="staff_import"),
    path("staff/products/import/<uuid:batch_id>/progress/", imports.follow_import, name="staff_follow_import"),
    path("staff/products/import/<uuid:batch_id>/apply/", imports.confirm_import, name="staff_confirm_import"),
    path("staff/products/import/<uuid:batch_id>/drop/", imports.drop_import, name="staff_drop_import"),
    path(
        "staff/products/import/<uuid:batch_id>/to-correct.<table_kind:kind>",
        imports.import_problems,
        name="staff_import_problems",
    ),
    path("staff/products/export.<table_kind:kind>", imports.export, name="staff_export_products"),
]
