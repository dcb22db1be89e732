"""Who may do what at every address: written by hand, and held against the URLconfs by `test_matrix.py`.

An address that is missing here fails the build, and so does an entry without an address. A method that an address does
not name must be refused to everybody. HEAD goes with GET.
"""

from __future__ import annotations

from tests.security.rules import (
    ANYBODY,
    BUYER,
    BUYER_OR_ADMIN,
    MANAGERS,
    OWNER,
    PAYERS,
    PAYERS_OR_ADMIN,
    PEOPLE,
    PLATFORM_ADMIN,
    SIGNED_IN,
    STAFF,
    Methods,
    act,
    any_method,
    form,
    page,
    rule,
)
from tests.security.table_of_accounts import ACCOUNTS, API_OF_ACCOUNTS
from tests.security.table_of_desks import DESKS
from tests.security.table_of_payments import PAYMENTS
from tests.security.table_of_selling import SELLING
from tests.security.table_of_shop import SHOP
from tests.security.table_of_till import TILL

COMMON: dict[str, Methods] = {
    "set_language": any_method(ANYBODY),  # Django's own; only POST does anything
    **ACCOUNTS,
    **API_OF_ACCOUNTS,
}

WORKSPACE: dict[str, Methods] = {
    **COMMON,
    "enter": page(ANYBODY),
    "team:home": page(STAFF),
    "impersonation_end": act(ANYBODY),  # ends what is marked in the caller's own session, if anything
    "team:members": page("team.view_members"),
    "team:member": form("team.manage_members"),
    "team:remove_member": form("team.manage_members"),
    "team:invite": form("team.manage_members"),
    "team:change_invitation": act("team.manage_members"),
    "team:transfer": form(OWNER),
    "team:leave": form(STAFF, answers={302}),  # and leads to the log-in page
    "team:roles": page("team.manage_roles"),
    "team:new_role": form("team.manage_roles"),
    "team:role": form("team.manage_roles"),
    "team:delete_role": form("team.manage_roles"),
    "team:invitation": form(ANYBODY, answers={403}),  # for a link that is none
    "team:identity": page("team.review_identity"),
    "team:identity_check": form("team.review_identity"),
    "team:identity_file": page("team.review_identity"),
    "team:accounts": form("team.manage_accounts"),
    "team:provider": form("team.manage_accounts"),
    "team:plan": page(STAFF),
    "team:api_keys": page("team.manage_api_keys"),
    "team:new_api_key": form("team.manage_api_keys"),
    "team:end_api_key": form("team.manage_api_keys"),
    "team:audit": page("team.view_audit"),
    "team:audit_entry": page("team.view_audit"),
    "team:audit_statistics": page("team.view_audit"),
    "team:audit_export": page("team.view_audit"),
    "team:audit_retention": {"GET": rule("team.view_audit"), "POST": rule("team.manage_audit")},
    "team:theme": page(ANYBODY),
    "team:media": page(STAFF, hidden=True),
}

_API_V1: dict[str, Methods] = {
    "api-schema": page(ANYBODY),
    "api-docs": page(ANYBODY),
    "api-v1-me": page(SIGNED_IN),
    "api-v1-members": page("team.view_members"),
    "api-v1-member": {
        "GET": rule("team.view_members"),
        **{method: rule("team.manage_members") for method in ("PATCH", "DELETE")},
    },
    "api-v1-invitations": {"GET": rule("team.view_members"), "POST": rule("team.manage_members")},
    "api-v1-invitation": {"DELETE": rule("team.manage_members")},
    "api-v1-invitation-resend": act("team.manage_members"),
    "api-v1-roles": {"GET": rule("team.view_members"), "POST": rule("team.manage_roles")},
    "api-v1-role": {
        "GET": rule("team.view_members"),
        **{method: rule("team.manage_roles") for method in ("PUT", "DELETE")},
    },
    "api-v1-keys": form("team.manage_api_keys"),
    "api-v1-key": {"DELETE": rule("team.manage_api_keys")},
    **{f"api-v1-audit-{what}": page("team.view_audit") for what in ("logs", "statistics", "export", "log")},
}
WORKSPACE |= _API_V1

STORE: dict[str, Methods] = {
    **WORKSPACE,
    **SHOP,
    **TILL,
    **PAYMENTS,
    "store:home": page(ANYBODY),
    "store:shelf": page(ANYBODY),
    "store:brand": page(ANYBODY),
    "store:product": page(ANYBODY),
    "store:sitemap": page(ANYBODY),
    "store:sitemap_part": page(ANYBODY),
    "store:robots": page(ANYBODY),
    "store:staff_products": page("store.view_products"),
    "store:staff_new_product": form("store.change_products"),
    "store:staff_edit_product": form("store.change_products"),
    "store:staff_show_product": act("store.change_products"),
    "store:staff_delete_product": form("store.delete_products"),
    "store:staff_shelves": page("store.view_products"),
    "store:staff_new_shelf": form("store.change_products"),
    "store:staff_edit_shelf": form("store.change_products"),
    "store:staff_move_shelf": act("store.change_products"),
    "store:staff_delete_shelf": form("store.delete_products"),
    "store:staff_brands": page("store.view_products"),
    "store:staff_new_brand": form("store.change_products"),
    "store:staff_edit_brand": form("store.change_products"),
    "store:staff_delete_brand": form("store.delete_products"),
    "store:staff_attributes": page("store.view_products"),
    "store:staff_new_attribute": form("store.change_products"),
    "store:staff_edit_attribute": form("store.change_products"),
    "store:staff_delete_attribute": form("store.delete_products"),
    "store:staff_settings": form("store.change_shop"),
    "store:order_invoice": page(ANYBODY),
    "store:order_document": page(ANYBODY),
    "store:staff_documents": page("store.view_orders"),
    "store:staff_sales_journal": page("store.view_reports"),
    "store:staff_document": page("store.view_orders"),
    "store:staff_receipt": page("store.view_orders"),
    "store:staff_receipt_bytes": page("store.view_orders"),
}

EVENTS: dict[str, Methods] = {
    **WORKSPACE,
    **PAYMENTS,
    "events:home": page(ANYBODY),
    "events:feed": page(ANYBODY),
    "events:event_ics": page(ANYBODY),
    "events:event": page(ANYBODY),
    "events:person": page(ANYBODY),
    "events:staff_events": page("events.view_events"),
    "events:staff_new_event": form("events.change_events"),
    "events:staff_edit_event": form("events.change_events"),
    "events:staff_publish_event": act("events.publish_events"),
    "events:staff_cancel_event": form("events.cancel_events"),
    "events:staff_delete_draft": form("events.cancel_events"),
    "events:staff_settings": form("events.change_calendar"),
}

ESXI: dict[str, Methods] = {
    **WORKSPACE,
    "esxi:dashboard": page("esxi.view_servers"),
    "esxi:servers": page("esxi.view_servers"),
    "esxi:new_server": form("esxi.change_servers"),
    "esxi:edit_server": form("esxi.change_servers"),
    "esxi:remove_server": form("esxi.change_servers"),
}

_SITE: dict[str, Methods] = {
    "home": page(ANYBODY),
    "pricing": page(ANYBODY),
    "terms": page(ANYBODY),
    "privacy": page(ANYBODY),
    "robots": page(ANYBODY),
    "start": page(SIGNED_IN),
    "signup": form(ANYBODY),
    "signup_code": form(ANYBODY),
    "signup_resend": act(ANYBODY),
    "signup_change_address": act(ANYBODY),
    "signup_verify": form(ANYBODY),
    "signup_organisation": form(SIGNED_IN),
    "signup_offer": act(SIGNED_IN),
    "signup_draft": act(SIGNED_IN),
    "signup_subdomain": page(ANYBODY),
    "styleguide": any_method(ANYBODY),  # only where STYLEGUIDE is on: samples
}

_ORDERS: dict[str, Methods] = {
    "orders": page(SIGNED_IN),
    "order": page(BUYER, hidden=True),
    "order_status": page(BUYER, hidden=True),
    "order_pay": act(BUYER, hidden=True),
    "order_check": act(BUYER, hidden=True),
    "order_return": page(ANYBODY),  # leads to the order, and says nothing of it
    "order_cancelled": page(ANYBODY, answers={404}),  # the same, to who may see it
    "order_receipt": act(BUYER, hidden=True),
    "order_cancel": act(BUYER, hidden=True),
    "order_renew": act(BUYER, hidden=True, answers={404}),  # a first order is not renewed
    # The address itself is the secret.
    "pay": page(ANYBODY),
    "pay_status": page(ANYBODY),
    "pay_start": act(ANYBODY),
    "pay_check": act(ANYBODY),
    "pay_receipt": act(ANYBODY),
    "pay_renew": act(ANYBODY, answers={404}),
    "organisations": page(SIGNED_IN),
    "organisation": page(PEOPLE, hidden=True),
    "organisation_enter": page(PEOPLE, hidden=True, answers={403}),  # billing has no place in the workspace
    "organisation_members": {"GET": rule(PEOPLE, hidden=True), "POST": rule(MANAGERS, hidden=True)},
    "organisation_member": form(MANAGERS, hidden=True),
    "organisation_member_remove": act(MANAGERS, hidden=True),
    "organisation_invitation_resend": act(MANAGERS, hidden=True),
    "organisation_invitation_revoke": act(MANAGERS, hidden=True),
    "organisation_leave": form(PEOPLE, hidden=True),
    "organisation_transfer": form(OWNER, hidden=True),
    "organisation_plan": page(PEOPLE, hidden=True),
    "organisation_plan_keep": act(PAYERS, hidden=True),
    "organisation_plan_change": form(PAYERS, hidden=True),
    "organisation_billing": page(PAYERS, hidden=True),
    "organisation_invoices_export": page(PAYERS, hidden=True),
    "organisation_orders": page(PAYERS, hidden=True),
    "organisation_credit": page(PAYERS, hidden=True),
    "organisation_billing_details": form(PAYERS, hidden=True),
    "organisation_payouts": page(PAYERS, hidden=True),
    "invoice": page(PAYERS_OR_ADMIN, hidden=True),
    "payout": page(PAYERS_OR_ADMIN, hidden=True),
    "organisation_renew": form(PAYERS, hidden=True),
    "organisation_cancel": form(OWNER, hidden=True),
    "organisation_cancel_undo": act(OWNER, hidden=True),
    "organisation_delete": form(OWNER, hidden=True),
    "invitation": form(ANYBODY, answers={404}),  # for a link that is none
}

_BACKOFFICE: dict[str, Methods] = {
    **SELLING,
    **DESKS,
    "backoffice": page(PLATFORM_ADMIN),
    "backoffice_payments": page(PLATFORM_ADMIN),
    "backoffice_payment": page(PLATFORM_ADMIN),
    "backoffice_payment_ask": act(PLATFORM_ADMIN),
    "backoffice_payment_refund": form(PLATFORM_ADMIN),
    "backoffice_payment_decide": form(PLATFORM_ADMIN),
    "backoffice_review": page(PLATFORM_ADMIN),
    "backoffice_refunds": page(PLATFORM_ADMIN),
    "backoffice_refund": form(PLATFORM_ADMIN),
    "backoffice_invoices": page(PLATFORM_ADMIN),
    "backoffice_invoice_certify": act(PLATFORM_ADMIN),
    "backoffice_restart_job": act(PLATFORM_ADMIN),
    "backoffice_organisations": page(PLATFORM_ADMIN),
    "backoffice_organisation": page(PLATFORM_ADMIN),
    "backoffice_subscriptions": page(PLATFORM_ADMIN),
    "backoffice_subscription_change": form(PLATFORM_ADMIN),
    "backoffice_revenue": page(PLATFORM_ADMIN),
    "backoffice_revenue_export": page(PLATFORM_ADMIN),
    "backoffice_visit": form(PLATFORM_ADMIN),
    "backoffice_visit_open": page(PLATFORM_ADMIN, answers={404}),  # another admin's visit
    "backoffice_visit_end": act(PLATFORM_ADMIN),
    "backoffice_audit": page(PLATFORM_ADMIN),
    "backoffice_audit_entry": page(PLATFORM_ADMIN),
    "backoffice_audit_statistics": page(PLATFORM_ADMIN),
    "backoffice_audit_export": page(PLATFORM_ADMIN),
    "backoffice_audit_retention": form(PLATFORM_ADMIN),
    "backoffice_identity": page(PLATFORM_ADMIN),
    "backoffice_identity_check": form(PLATFORM_ADMIN),
    "backoffice_identity_file": page(PLATFORM_ADMIN),
}

_API: dict[str, Methods] = {
    "api-organizations": page(SIGNED_IN),
    "api-organization": page(PEOPLE, hidden=True),
    "api-organization-members": page(PEOPLE, hidden=True),
    "api-organization-member": {method: rule(MANAGERS, hidden=True) for method in ("PATCH", "DELETE")},
    "api-organization-invite": act(MANAGERS, hidden=True),
    "api-organization-usage": page(PEOPLE, hidden=True),
    "api-plans": page(ANYBODY),
    "api-plan": page(ANYBODY),
    "api-plan-features": page(ANYBODY),
    "api-payment-methods": page(ANYBODY),
    "api-orders": form(SIGNED_IN),
    "api-order": page(BUYER, hidden=True),
    "api-order-initiate-payment": act(BUYER, hidden=True),
    "api-order-verify-payment": act(BUYER, hidden=True),
    "api-invoices": page(SIGNED_IN),
    "api-invoice": page(PAYERS_OR_ADMIN, hidden=True),
    "api-invoice-download": page(PAYERS_OR_ADMIN, hidden=True),
    "api-payments": page(SIGNED_IN),
    "api-payment": page(BUYER_OR_ADMIN, hidden=True),
    "api-payment-upload-receipt": act(BUYER, hidden=True),
    "api-payment-verify-bank-transfer": act(BUYER_OR_ADMIN, hidden=True),  # the body is read first; admins decide
    "api-coupon-validate": act(SIGNED_IN),
    "api-audit-logs": page(PLATFORM_ADMIN),
    "api-audit-statistics": page(PLATFORM_ADMIN),
    "api-audit-export": page(PLATFORM_ADMIN),
    "api-audit-log": page(PLATFORM_ADMIN),
    "api-schema": page(ANYBODY),
    "api-docs": page(ANYBODY),
    "hook-paypal": act(ANYBODY),
    "hook-momo": {"POST": rule(ANYBODY), "PUT": rule(ANYBODY)},  # the address itself is the secret
}

PUBLIC: dict[str, Methods] = {**COMMON, **_SITE, **_ORDERS, **_BACKOFFICE, **_API}

TABLES = {"public": PUBLIC, "store": STORE, "events": EVENTS, "esxi": ESXI}
