"""Plans, orders, payments, subscriptions, documents, the ledger, and what providers sent us. All in the public schema."""

from __future__ import annotations

from billing.models.catalogue import Coupon, Cycle, PaymentMethod, Plan, PlanVersion, Price
from billing.models.commissions import Commission, Payout
from billing.models.invoices import Invoice, InvoiceCounter
from billing.models.ledger import Journal, LedgerEntry
from billing.models.operations import ProviderHealth, ReconciliationFinding, ReconciliationRun, ReconciliationTally
from billing.models.orders import CouponUse, Order
from billing.models.payments import Payment, TransferReceipt
from billing.models.refunds import Dispute, Refund
from billing.models.subscriptions import PaidPeriod, Reminder, Subscription, SubscriptionEvent
from billing.models.taxes import TaxRate
from billing.models.transfers import BankStatement, ReceiptTwin, StatementLine, TransferDecision
from billing.models.webhooks import WebhookEvent

__all__ = [
    "BankStatement",
    "Commission",
    "Coupon",
    "CouponUse",
    "Cycle",
    "Dispute",
    "Invoice",
    "InvoiceCounter",
    "Journal",
    "LedgerEntry",
    "Order",
    "PaidPeriod",
    "Payment",
    "PaymentMethod",
    "Payout",
    "Plan",
    "PlanVersion",
    "Price",
    "ProviderHealth",
    "ReceiptTwin",
    "ReconciliationFinding",
    "ReconciliationRun",
    "ReconciliationTally",
    "Refund",
    "Reminder",
    "StatementLine",
    "Subscription",
    "SubscriptionEvent",
    "TaxRate",
    "TransferDecision",
    "TransferReceipt",
    "WebhookEvent",
]
