"""The part of the table about plans, coupons, tax rates and tenants' sales, which platform admins look after."""

from __future__ import annotations

from tests.security.rules import PLATFORM_ADMIN, Methods, act, form, page

SELLING: dict[str, Methods] = {
    "backoffice_plans": page(PLATFORM_ADMIN),
    "backoffice_new_plan": form(PLATFORM_ADMIN, answers={404}),  # of a product that the query does not name
    "backoffice_plan": page(PLATFORM_ADMIN),
    "backoffice_plan_edit": form(PLATFORM_ADMIN),
    "backoffice_plan_sale": act(PLATFORM_ADMIN),
    "backoffice_coupons": page(PLATFORM_ADMIN),
    "backoffice_new_coupon": form(PLATFORM_ADMIN),
    "backoffice_coupon": page(PLATFORM_ADMIN),
    "backoffice_coupon_edit": form(PLATFORM_ADMIN),
    "backoffice_coupon_switch": act(PLATFORM_ADMIN),
    "backoffice_taxes": page(PLATFORM_ADMIN),
    "backoffice_new_tax": form(PLATFORM_ADMIN),
    "backoffice_tax_end": form(PLATFORM_ADMIN),
    "backoffice_tax_withdraw": act(PLATFORM_ADMIN),
    "backoffice_commissions": page(PLATFORM_ADMIN),
    "backoffice_commissions_export": page(PLATFORM_ADMIN),
    "backoffice_commission_sales": page(PLATFORM_ADMIN),
    "backoffice_payouts": page(PLATFORM_ADMIN),
    "backoffice_payout": form(PLATFORM_ADMIN),
}
