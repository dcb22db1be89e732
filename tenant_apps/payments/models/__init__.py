"""What a tenant takes from its customers, and what the platform is told of it."""

from __future__ import annotations

from tenant_apps.payments.models.commissions import CommissionEvent
from tenant_apps.payments.models.methods import Method
from tenant_apps.payments.models.notices import Notice
from tenant_apps.payments.models.payments import Payment, Receipt
from tenant_apps.payments.models.refunds import Refund

__all__ = ["CommissionEvent", "Method", "Notice", "Payment", "Receipt", "Refund"]
