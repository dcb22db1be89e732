"""The part of the table about what a tenant takes from its customers."""

from __future__ import annotations

from tests.security.rules import ANYBODY, Methods, act, form, page, rule

_SENT: Methods = {"POST": rule(ANYBODY), "PUT": rule(ANYBODY)}

PAYMENTS: dict[str, Methods] = {
    "payments:hook": _SENT,
    "payments:hook_payment": _SENT,
    "payments:payment": page(ANYBODY),
    "payments:follow": page(ANYBODY),
    "payments:return": page(ANYBODY),
    "payments:receipt": act(ANYBODY),
    "payments:choose": form(ANYBODY),
    "payments:staff_payments": page("payments.view_payments"),
    "payments:staff_payment": page("payments.view_payments"),
    "payments:staff_ask": act("payments.view_payments"),
    "payments:staff_transfers": page("payments.check_transfers"),
    "payments:staff_receipt": page("payments.check_transfers"),
    "payments:staff_approve": act("payments.check_transfers"),
    "payments:staff_reject": act("payments.check_transfers"),
    "payments:staff_review": act("payments.check_transfers"),
    "payments:staff_refunds": page("payments.refund"),
    "payments:staff_finish_refund": form("payments.refund"),
    "payments:staff_refund": act("payments.refund"),
    "payments:staff_methods": page("payments.manage_methods"),
    "payments:staff_method": form("payments.manage_methods"),
    "payments:staff_switch": act("payments.manage_methods"),
    "payments:staff_move": act("payments.manage_methods"),
    "payments:staff_check": act("payments.manage_methods"),
}
