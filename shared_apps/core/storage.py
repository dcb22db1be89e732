"""Files of tenants and of the platform, each below a directory of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from shared_apps.core.tenancy import connection


class TenantStorage(FileSystemStorage):
    """Private files below MEDIA_ROOT/<schema>. Nothing serves this directory; views do, after a permission check."""

    @property
    def base_location(self) -> str:  # type: ignore[override]  # upstream caches it once; ours follows the tenant
        return str(Path(settings.MEDIA_ROOT) / connection.schema_name)

    @property
    def location(self) -> str:  # type: ignore[override]  # same reason
        return str(Path(self.base_location).absolute())

    def url(self, name: str | None) -> str:
        return f"/media/{name}"


def delete_all_files(*, schema_name: str) -> None:
    """Delete a tenant's whole directory, for good. May be repeated; raises ValueError for a name that is more than a name."""
    directory = Path(settings.MEDIA_ROOT) / schema_name
    if not schema_name or directory.parent != Path(settings.MEDIA_ROOT) or schema_name in (".", ".."):
        raise ValueError(f"not a tenant's directory: {schema_name!r}")
    if directory.is_symlink():
        raise ValueError(f"not a directory: {schema_name!r}")
    if directory.exists():
        shutil.rmtree(directory)
