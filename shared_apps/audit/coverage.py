"""Which tables the audit log answers for. Every model is in one of the two lists; a test fails for one in neither.

The test suite watches every write of the product to an audited table (`tests/support/audit_watch.py`): its transaction
must leave an entry that names the model, or one of its parents.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audited:
    """Changes need an entry naming this model or one of `parents`; columns in `machine` may change without one."""

    parents: tuple[str, ...] = ()
    machine: tuple[str, ...] = ()


_PERSON = Audited(parents=("accounts.user",))

AUDITED: dict[str, Audited] = {
    "account.emailaddress": _PERSON,
    "accounts.accountrules": Audited(),
    "accounts.consent": _PERSON,
    "accounts.identitycheck": Audited(),
    "accounts.secondfactor": _PERSON,
    "accounts.signinprovider": Audited(),
    "accounts.spokenlanguage": _PERSON,
    "accounts.user": Audited(machine=("last_login",)),
    "audit.retentionrule": Audited(),
    "billing.bankstatement": Audited(),
    "billing.coupon": Audited(parents=("billing.order",)),
    "billing.coupon_plans": Audited(parents=("billing.coupon",)),
    "billing.couponuse": Audited(parents=("billing.coupon", "billing.order")),
    "billing.dispute": Audited(parents=("billing.payment",)),
    # Its file and its certificate are made of what the entry of its issue says.
    "billing.invoice": Audited(machine=("pdf", "pdf_sha256", "fiscal_status", "fiscal_number", "fiscal_qr", "fiscal_error")),
    # The organisation that came of an order is told by the organisation's own entry, part of its money by the payment's.
    "billing.order": Audited(parents=("billing.payment",), machine=("organisation_id",)),
    "billing.paidperiod": Audited(parents=("billing.subscription",)),
    # What the poller notes at each look. Every change of status is recorded.
    "billing.payment": Audited(
        machine=(
            "started_at", "checked_at", "check_count", "next_check_at", "reason", "provider_ref", "redirect_url",
        )
    ),
    "billing.paymentmethod": Audited(),
    "billing.payout": Audited(),
    "billing.plan": Audited(),
    "billing.planversion": Audited(),
    "billing.price": Audited(parents=("billing.planversion",)),
    "billing.refund": Audited(
        parents=("billing.payment",), machine=("started_at", "check_count", "next_check_at", "provider_ref", "failure")
    ),
    "billing.statementline": Audited(parents=("billing.bankstatement",)),
    "billing.subscription": Audited(parents=("billing.order",)),
    "billing.taxrate": Audited(),
    "billing.transferdecision": Audited(parents=("billing.payment",)),
    "billing.transferreceipt": Audited(parents=("billing.payment",), machine=("compared_at",)),
    "esxi.server": Audited(machine=("status", "checked_at")),
    "esxi.workspace": Audited(),
    "events.calendar": Audited(),
    "events.category": Audited(),
    "events.event": Audited(),
    "mfa.authenticator": Audited(parents=("accounts.user",), machine=("last_used_at",)),
    "organisations.domain": Audited(parents=("organisations.organisation",)),
    "organisations.impersonation": Audited(),
    "organisations.invitation": Audited(parents=("organisations.organisation",), machine=("sent_at", "expires_at")),
    "organisations.membership": Audited(parents=("organisations.organisation",)),
    "organisations.organisation": Audited(),
    # What its provider's answers come to; that it is hidden, and offered again, is recorded.
    "payments.method": Audited(
        machine=(
            "checked_at", "check_error", "failures", "failed_at", "failure_reason", "hidden_since", "next_check_at",
        )
    ),
    "payments.payment": Audited(
        machine=(
            "started_at", "checked_at", "check_count", "next_check_at", "reason", "provider_ref", "redirect_url",
            "notification_ciphertext", "reversals_check_at",
        )
    ),
    "payments.receipt": Audited(parents=("payments.payment",)),
    "payments.refund": Audited(
        parents=("payments.payment",), machine=("started_at", "check_count", "next_check_at", "provider_ref", "failure")
    ),
    # allauth saves the whole row at each log-in; whose it is never changes.
    "socialaccount.socialaccount": Audited(
        parents=("accounts.user",), machine=("last_login", "extra_data", "user_id", "provider", "uid", "date_joined")
    ),
    "store.address": Audited(parents=("accounts.user", "store.deliveryzone")),
    "store.attribute": Audited(),
    "store.brand": Audited(),
    "store.cashmove": Audited(parents=("store.tillsession",)),
    "store.category": Audited(),
    "store.customer": Audited(parents=("accounts.user", "store.segment")),
    "store.deliveryzone": Audited(),
    # Its file and its certificate are made of what the entry of its issue says.
    "store.invoice": Audited(
        machine=("pdf", "pdf_sha256", "fiscal_status", "fiscal_number", "fiscal_qr", "fiscal_error")
    ),
    "store.location": Audited(),
    # It copies its zone, which may be deleted. Its cart is only what it empties, and becomes another when a visitor logs in.
    "store.order": Audited(machine=("cart_id", "holds_until", "zone_id")),
    "store.orderline": Audited(parents=("store.order",)),
    "store.partner": Audited(),
    "store.partnermember": Audited(parents=("store.partner",)),
    # What lists sort by and the search looks at follows from prices, stock, reviews and names, which have their own entries.
    "store.product": Audited(
        machine=("price_from_minor", "is_available", "rating_sum", "rating_count", "search_text", "search_vector")
    ),
    "store.productimage": Audited(parents=("store.product",)),
    "store.promotion": Audited(),
    "store.promotion_categories": Audited(parents=("store.promotion",)),
    "store.promotion_products": Audited(parents=("store.promotion",)),
    "store.promotion_segments": Audited(parents=("store.promotion",)),
    "store.register": Audited(),
    "store.return": Audited(parents=("store.order",)),
    "store.returnline": Audited(parents=("store.order",)),
    "store.review": Audited(parents=("store.product",)),
    "store.segment": Audited(),
    "store.shipment": Audited(parents=("store.order",)),
    "store.shipmentline": Audited(parents=("store.order",)),
    "store.shop": Audited(machine=("prices_valid_until",)),
    "store.specification": Audited(parents=("store.product",)),
    # A sale that became an order is told by the order's entry.
    "store.tillpayment": Audited(parents=("store.order",)),
    "store.tillsale": Audited(parents=("store.order",)),
    "store.tillsession": Audited(),
    "store.tilltask": Audited(parents=("store.order", "store.tillsale")),
    "store.variant": Audited(parents=("store.product",)),
    "team.apikey": Audited(machine=("last_used_at",)),
    "team.invitation": Audited(machine=("sent_at", "expires_at")),
    "team.member": Audited(parents=("accounts.user",)),
    "team.photo": Audited(),
    "team.role": Audited(),
}  # fmt: skip

_UNUSED = "part of Django's own permissions or of allauth, which the platform does not use"
_SESSION = "a session: coming in and going out are recorded as acts of the account"
_CODE = "a code that lives for minutes: what it proves is recorded"
_MACHINE = "a machine's own note of its progress"

EXEMPT: dict[str, str] = {
    "account.emailconfirmation": _UNUSED,
    "accounts.apisession": _SESSION,
    "accounts.emailcode": _CODE,
    "accounts.follow": "a person's own bookmark, theirs to change at will",
    "accounts.handoveruse": "the mark that a token was used: entering is recorded",
    "accounts.loginattempt": "a log of its own, with all that an entry would say",
    "accounts.onetimecode": _CODE,
    "accounts.user_groups": _UNUSED,
    "accounts.user_user_permissions": _UNUSED,
    "audit.auditlog": "the log itself; its retention is a rule, and changes of rules are recorded",
    "auth.group": _UNUSED,
    "auth.group_permissions": _UNUSED,
    "auth.permission": _UNUSED,
    "billing.commission": "the books of tenants' sales are a log of their own, only added to",
    "billing.providerhealth": f"{_MACHINE}; hiding a way to pay is recorded, and so is what an admin switches",
    "billing.receipttwin": f"{_MACHINE}: which pictures are alike",
    "billing.reconciliationfinding": f"{_MACHINE}: what it did to a payment is recorded there",
    "billing.reconciliationrun": _MACHINE,
    "billing.reconciliationtally": _MACHINE,
    "billing.webhookevent": "the inbox of providers, kept as it came: what follows from it is recorded, and replays are",
    "billing.invoicecounter": f"{_MACHINE}: an invoice's entry names its number",
    "billing.journal": "the ledger is a log of its own, only added to",
    "billing.ledgerentry": "the ledger is a log of its own, only added to",
    "billing.reminder": "a mail that went out, in a log of its own",
    "billing.subscriptionevent": "a history of its own, beside the entries",
    "contenttypes.contenttype": "Django's own list of models",
    "notifications.delivery": "the outgoing mail, a log of its own",
    "organisations.owndomain": "a tenant's view of a table of the platform: it cannot write it",
    "organisations.ownorganisation": "a tenant's view of a table of the platform: it cannot write it",
    "outbox.outboxmessage": "a message between rooms: what it causes is recorded where it is done",
    "payments.commissionevent": "word of a payment for the platform: the payment itself is recorded",
    "payments.notice": "the inbox of providers, kept as it came: what follows from it is recorded",
    "provisioning.provisioningjob": f"{_MACHINE}; getting stuck and being started again are recorded all the same",
    "provisioning.provisioningstep": _MACHINE,
    "provisioning.readyschema": "stock that nobody owns yet: an organisation's making is recorded",
    "provisioning.schematemplate": "made from a release's migrations, at its installation",
    "sessions.session": _SESSION,
    "site.signupdraft": "what somebody is still typing",
    "socialaccount.socialapp": _UNUSED,
    "socialaccount.socialtoken": _UNUSED,
    "store.bookedform": f"{_MACHINE}: which forms were sent already",
    "store.cart": "what somebody is still choosing",
    "store.cartline": "what somebody is still choosing",
    "store.catalogueimport": "a file on its way: sending, confirming and applying it are recorded all the same",
    "store.countedpieces": "what somebody is still counting: booking it makes movements of the stock",
    "store.hold": "pieces kept for an order for minutes: what becomes of them is a movement of the stock",
    "store.importedproduct": f"{_MACHINE}: what it did to a product is recorded there",
    "store.lowstock": f"{_MACHINE}: which variants were told of",
    "store.invoicecounter": f"{_MACHINE}: an invoice's entry names its number",
    "store.movement": "the stock's ledger is a log of its own, only added to",
    "store.orderday": f"{_MACHINE}: an order's entry names its number",
    "store.orderevent": "a history of its own, beside the entries",
    "store.stockcount": "what somebody is still counting: booking it makes movements of the stock",
    "store.stocklevel": "the sum of its movements",
    "token_blacklist.blacklistedtoken": _SESSION,
    "token_blacklist.outstandingtoken": _SESSION,
    "usage.usagecounter": "a count of rows whose making and deleting are recorded; mending it is recorded all the same",
    "usersessions.usersession": _SESSION,
}
