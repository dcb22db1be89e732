"""What is written about the tenant's money. The platform collects its commission by `takings`."""

from __future__ import annotations

from tenant_apps.payments.services.takings import mark_collected, record_refund, record_taking, takings_waiting

__all__ = ["mark_collected", "record_refund", "record_taking", "takings_waiting"]
