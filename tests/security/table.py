"""Who may do what at every address: written by hand, and held against the URLconfs by `test_matrix.py`.

An address that is missing here fails the build, and so does an entry without an address. A method that an address does
not name must be refused to everybody. HEAD goes with GET.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Who. In workspaces, anything else is the code of a permission.
ANYBODY = "anybody"
SIGNED_IN = "signed in"
STAFF = "staff"
# On the public site.
PLATFORM_ADMIN = "platform admin"
BUYER = "buyer"  # whose order it is
BUYER_OR_ADMIN = "buyer or platform admin"
PEOPLE = "people"  # everybody with a place in the organisation


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may send a method to an address.

    `hidden`: whoever may not is told 404, as if there were nothing. `answers`: further statuses that are no refusal of
    the person, e.g. 403 for a key that is wrong. `data` is what is sent.
    """

    who: str
    hidden: bool = False
    answers: frozenset[int] = frozenset()
    data: dict[str, Any] = field(default_factory=dict)


Methods = dict[str, Rule]


def rule(who: str, **options: Any) -> Rule:
    answers = frozenset(options.pop("answers", ()))
    return Rule(who, answers=answers, **options)


def page(who: str, **options: Any) -> Methods:
    """Something to read."""
    return {"GET": rule(who, **options)}


def form(who: str, **options: Any) -> Methods:
    """A page with a form that is sent to itself."""
    return {"GET": rule(who, **options), "POST": rule(who, **options)}


def act(who: str, **options: Any) -> Methods:
    """A button."""
    return {"POST": rule(who, **options)}


def any_method(who: str, **options: Any) -> Methods:
    """Whatever it is, it is answered."""
    return {method: rule(who, **options) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")}


COMMON: dict[str, Methods] = {
    # Views of Django and allauth answer every method, and do something at POST (and PUT, which is the same to them).
    "set_language": any_method(ANYBODY),
    "account_login": any_method(ANYBODY, answers={405}),  # only those who are signed in are led on
    "account_logout": form(ANYBODY),
    "account_inactive": page(ANYBODY),
    "account_reset_password": any_method(ANYBODY, answers={405}),
    "account_reset_password_done": page(ANYBODY),
    "account_reset_password_from_key": any_method(ANYBODY),
    "account_reset_password_from_key_done": page(ANYBODY),
}

WORKSPACE: dict[str, Methods] = {
    **COMMON,
    "enter": page(ANYBODY),
    "team:home": page(STAFF),
    "team:members": page("team.view_members"),
    "team:plan": page(STAFF),
    "team:theme": page(ANYBODY),
    "team:media": page(STAFF, hidden=True),
}

STORE: dict[str, Methods] = {
    **WORKSPACE,
    "store:home": page(ANYBODY),
    "store:product": page(ANYBODY),
    "store:staff_products": page("store.view_products"),
    "store:staff_new_product": form("store.change_products"),
    "store:staff_edit_product": form("store.change_products"),
    "store:staff_show_product": act("store.change_products"),
    "store:staff_delete_product": form("store.delete_products"),
    "store:staff_settings": form("store.change_shop"),
}

EVENTS: dict[str, Methods] = {
    **WORKSPACE,
    "events:home": page(ANYBODY),
    "events:feed": page(ANYBODY),
    "events:event_ics": page(ANYBODY),
    "events:event": page(ANYBODY),
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
    "order_cancelled": page(BUYER, hidden=True),
    "order_receipt": act(BUYER, hidden=True),
    "order_cancel": act(BUYER, hidden=True),
    "organisations": page(SIGNED_IN),
    "organisation_enter": page(PEOPLE, hidden=True),
}

_BACKOFFICE: dict[str, Methods] = {
    "backoffice": page(PLATFORM_ADMIN),
    "backoffice_transfers": page(PLATFORM_ADMIN),
    "backoffice_transfer": form(PLATFORM_ADMIN),
    "backoffice_receipt": page(PLATFORM_ADMIN),
    "backoffice_restart_job": act(PLATFORM_ADMIN),
}

_API: dict[str, Methods] = {
    "api-register": act(ANYBODY),
    "api-verify-email": act(ANYBODY),
    "api-resend-code": act(ANYBODY),
    "api-token": act(ANYBODY),
    "api-token-refresh": act(ANYBODY),
    "api-organizations": page(SIGNED_IN),
    "api-organization": page(PEOPLE, hidden=True),
    "api-organization-members": page(PEOPLE, hidden=True),
    "api-organization-usage": page(PEOPLE, hidden=True),
    "api-plans": page(ANYBODY),
    "api-plan": page(ANYBODY),
    "api-plan-features": page(ANYBODY),
    "api-payment-methods": page(ANYBODY),
    "api-orders": form(SIGNED_IN),
    "api-order": page(BUYER, hidden=True),
    "api-order-initiate-payment": act(BUYER, hidden=True),
    "api-order-verify-payment": act(BUYER, hidden=True),
    "api-payments": page(SIGNED_IN),
    "api-payment": page(BUYER_OR_ADMIN, hidden=True),
    "api-payment-upload-receipt": act(BUYER, hidden=True),
    "api-payment-verify-bank-transfer": act(BUYER_OR_ADMIN, hidden=True),  # the body is read first; admins decide
    "api-coupon-validate": act(SIGNED_IN),
    "api-schema": page(ANYBODY),
    "api-docs": page(ANYBODY),
    "hook-paypal": act(ANYBODY),
    "hook-momo": {"POST": rule(ANYBODY), "PUT": rule(ANYBODY)},  # the address itself is the secret
}

PUBLIC: dict[str, Methods] = {**COMMON, **_SITE, **_ORDERS, **_BACKOFFICE, **_API}

TABLES = {"public": PUBLIC, "store": STORE, "events": EVENTS, "esxi": ESXI}
