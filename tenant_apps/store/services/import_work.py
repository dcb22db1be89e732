"""One turn of a worker at an import."""

from __future__ import annotations

import time
from uuid import UUID

from tenant_apps.store.services.import_applying import apply_import
from tenant_apps.store.services.import_reading import read_import
from tenant_apps.store.services.imports import Status, claim, go_on, let_go

SLICE_SECONDS = 15.0  # then somebody else's work has its turn


def work_on(*, batch_id: UUID, seconds: float = SLICE_SECONDS) -> bool:
    """Read or apply an import for so long; whether there was anything to do. Many short transactions (`hold_on`)."""
    batch = claim(batch_id=batch_id)
    if batch is None:
        return False
    step = read_import if batch.status == Status.READING else apply_import
    if not step(batch=batch, until=time.monotonic() + seconds):
        let_go(batch)
        go_on(batch.pk)
    return True
