from __future__ import annotations

from tenant_apps.payments.tests.support import payee

__all__ = ["payee"]
