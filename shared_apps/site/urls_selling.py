"""Addresses of the back office under which plans, coupons and tax rates are edited."""

from __future__ import annotations

from django.urls import path

from shared_apps.site.views import backoffice_coupons as coupons
from shared_apps.site.views import backoffice_plans as plans
from shared_apps.site.views import backoffice_taxes as taxes

urlpatterns = [
    path("plans/", plans.plans, name="backoffice_plans"),
    path("plans/new/", plans.new, name="backoffice_new_plan"),
    path("plans/<int:id>/", plans.plan, name="backoffice_plan"),
    path("plans/<int:id>/edit/", plans.edit, name="backoffice_plan_edit"),
    path("plans/<int:id>/sale/", plans.sale, name="backoffice_plan_sale"),
    path("coupons/", coupons.coupons, name="backoffice_coupons"),
    path("coupons/new/", coupons.new, name="backoffice_new_coupon"),
    path("coupons/<int:id>/", coupons.coupon, name="backoffice_coupon"),
    path("coupons/<int:id>/edit/", coupons.edit, name="backoffice_coupon_edit"),
    path("coupons/<int:id>/switch/", coupons.switch, name="backoffice_coupon_switch"),
    path("taxes/", taxes.taxes, name="backoffice_taxes"),
    path("taxes/new/", taxes.new, name="backoffice_new_tax"),
    path("taxes/<int:id>/end/", taxes.end, name="backoffice_tax_end"),
    path("taxes/<int:id>/withdraw/", taxes.withdraw, name="backoffice_tax_withdraw"),
]
