"""What staff may do with the tenant's money. Products that sell add these to their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenant_apps.team.permissions import Permission

MANAGE_METHODS = "payments.manage_methods"
VIEW_PAYMENTS = "payments.view_payments"
CHECK_TRANSFERS = "payments.check_transfers"
REFUND = "payments.refund"

PAYMENT_PERMISSIONS = (
    Permission(MANAGE_METHODS, _("Set up the ways to pay and their keys")),
    Permission(VIEW_PAYMENTS, _("See payments")),
    Permission(CHECK_TRANSFERS, _("Check transfers and payments that do not match")),
    Permission(REFUND, _("Give money back")),
)
# Of those who run the shop day by day.
DAILY = (VIEW_PAYMENTS, CHECK_TRANSFERS, REFUND)
