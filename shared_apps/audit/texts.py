"""Audit entries in words. Every action that the product records is named here; a test looks for those that are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import get_public_schema_name

from shared_apps.audit.models import AuditLog
from shared_apps.core.tenancy import connection


@dataclass(frozen=True, slots=True)
class Words:
    """What an action is called, its icon and tone."""

    title: str | Promise
    icon: str = "circle"
    tone: str = "neutral"


ACTIONS: dict[str, Words] = {
    "account.address_corrected": Words(gettext_lazy("Address corrected"), "mail"),
    "account.api_session.ended": Words(gettext_lazy("Log-in over the API ended"), "log-out"),
    "account.api_session.reused": Words(gettext_lazy("Refresh token used twice"), "triangle-alert", "warning"),
    "account.api_session.started": Words(gettext_lazy("Log-in over the API"), "log-in"),
    "account.closed": Words(gettext_lazy("Account closed"), "ban", "warning"),
    "account.created": Words(gettext_lazy("Account made from the platform"), "user-plus"),
    "account.data_exported": Words(gettext_lazy("Personal data downloaded"), "download", "info"),
    "account.details_changed": Words(gettext_lazy("Details changed"), "pencil"),
    "account.email_changed": Words(gettext_lazy("Address changed"), "mail", "warning"),
    "account.entered": Words(gettext_lazy("Entered from the platform"), "log-in"),
    "account.erased": Words(gettext_lazy("Account erased"), "trash-2", "warning"),
    "account.joined_to_platform": Words(gettext_lazy("Linked to a platform account"), "link"),
    "account.parted_from_platform": Words(gettext_lazy("No longer linked to a platform account"), "link", "warning"),
    "account.password_changed": Words(gettext_lazy("Password changed"), "key-round", "warning"),
    "account.phone_changed": Words(gettext_lazy("Phone changed"), "phone"),
    "account.profile_changed": Words(gettext_lazy("Profile changed"), "pencil"),
    "account.provider_connected": Words(gettext_lazy("Sign-in provider connected"), "link", "info"),
    "account.provider_disconnected": Words(gettext_lazy("Sign-in provider disconnected"), "link", "warning"),
    "account.recovery_code_used": Words(gettext_lazy("Recovery code used"), "key-round", "warning"),
    "account.recovery_codes_made": Words(gettext_lazy("Recovery codes made"), "key-round", "info"),
    "account.recovery_codes_removed": Words(gettext_lazy("Recovery codes removed"), "key-round", "warning"),
    "account.registered": Words(gettext_lazy("Account created"), "user-plus"),
    "account.reopened": Words(gettext_lazy("Account opened again"), "rotate-ccw", "success"),
    "account.second_factor_added": Words(gettext_lazy("Second factor added"), "shield-check", "info"),
    "account.second_factor_removed": Words(gettext_lazy("Second factor removed"), "shield-check", "warning"),
    "account.second_factor_used": Words(gettext_lazy("Second factor used"), "shield-check"),
    "account.sessions_ended": Words(gettext_lazy("All sessions ended"), "log-out", "warning"),
    "account.verified": Words(gettext_lazy("Address confirmed"), "check", "success"),
    "account_rules.changed": Words(gettext_lazy("Rules for accounts changed"), "settings", "warning"),
    "audit.retention_changed": Words(gettext_lazy("Keeping time changed"), "history", "warning"),
    "commission.exported": Words(gettext_lazy("Commissions downloaded"), "download", "info"),
    "consent.given": Words(gettext_lazy("Consent given"), "check"),
    "consent.withdrawn": Words(gettext_lazy("Consent withdrawn"), "undo-2", "warning"),
    "coupon.activated": Words(gettext_lazy("Coupon switched on"), "badge-percent", "success"),
    "coupon.changed": Words(gettext_lazy("Coupon changed"), "badge-percent"),
    "coupon.created": Words(gettext_lazy("Coupon made"), "badge-percent", "success"),
    "coupon.deactivated": Words(gettext_lazy("Coupon switched off"), "badge-percent", "warning"),
    "coupon.given_back": Words(gettext_lazy("Coupon given back"), "undo-2"),
    "coupon.used": Words(gettext_lazy("Coupon used"), "badge-percent"),
    "credit.added": Words(gettext_lazy("Credit added"), "plus", "success"),
    "credit.set_aside": Words(gettext_lazy("Credit used for an order"), "badge-percent"),
    "credit_note.issued": Words(gettext_lazy("Credit note issued"), "file-text"),
    "dispute.lost": Words(gettext_lazy("Dispute lost"), "triangle-alert", "danger"),
    "dispute.open": Words(gettext_lazy("Payment disputed"), "triangle-alert", "warning"),
    "dispute.won": Words(gettext_lazy("Dispute won"), "circle-check", "success"),
    "esxi.server.added": Words(gettext_lazy("Server added"), "server"),
    "esxi.server.changed": Words(gettext_lazy("Server changed"), "server"),
    "esxi.server.removed": Words(gettext_lazy("Server removed"), "trash-2", "warning"),
    "esxi.workspace.created": Words(gettext_lazy("Workspace set up"), "sprout", "success"),
    "events.calendar.changed": Words(gettext_lazy("Calendar settings changed"), "settings"),
    "events.calendar.created": Words(gettext_lazy("Calendar set up"), "sprout", "success"),
    "events.category.created": Words(gettext_lazy("Category added"), "tag"),
    "events.event.cancelled": Words(gettext_lazy("Event cancelled"), "ban", "danger"),
    "events.event.changed": Words(gettext_lazy("Event changed"), "pencil"),
    "events.event.created": Words(gettext_lazy("Event added"), "calendar"),
    "events.event.deleted": Words(gettext_lazy("Draft event deleted"), "trash-2", "warning"),
    "events.event.published": Words(gettext_lazy("Event published"), "eye", "success"),
    "http.failed": Words(gettext_lazy("Request failed"), "circle-x", "danger"),
    "http.refused": Words(gettext_lazy("Request refused"), "shield-check", "warning"),
    "http.request": Words(gettext_lazy("Request"), "activity"),
    "identity.approved": Words(gettext_lazy("Identity approved"), "shield-check", "success"),
    "identity.files_deleted": Words(gettext_lazy("Identity documents deleted"), "trash-2"),
    "identity.rejected": Words(gettext_lazy("Identity rejected"), "x", "danger"),
    "identity.submitted": Words(gettext_lazy("Identity documents sent"), "upload", "info"),
    "impersonation.ended": Words(gettext_lazy("Visit of support ended"), "eye-off", "warning"),
    "impersonation.person_forgotten": Words(gettext_lazy("Person of a visit forgotten"), "eye-off"),
    "impersonation.started": Words(gettext_lazy("Visit of support begun"), "eye", "warning"),
    "invoice.certificate_retried": Words(gettext_lazy("Certificate of an invoice asked for again"), "refresh-cw"),
    "invoice.issued": Words(gettext_lazy("Invoice issued"), "file-text", "success"),
    "membership.ended": Words(gettext_lazy("Left the organisation"), "log-out", "warning"),
    "membership.role_changed": Words(gettext_lazy("Role in the organisation changed"), "users", "warning"),
    "membership.started": Words(gettext_lazy("Joined the organisation"), "user-plus", "success"),
    "method.breaker_changed": Words(gettext_lazy("Automatic hiding of a way to pay switched"), "settings", "warning"),
    "method.hidden": Words(gettext_lazy("Way to pay hidden: its provider fails"), "eye-off", "danger"),
    "method.offered_again": Words(gettext_lazy("Way to pay offered again"), "eye", "success"),
    "method.published": Words(gettext_lazy("Way to pay published"), "credit-card"),
    "method.switched_off": Words(gettext_lazy("Way to pay switched off"), "ban", "warning"),
    "method.switched_on": Words(gettext_lazy("Way to pay switched on"), "circle-check", "success"),
    "order.cancelled": Words(gettext_lazy("Order cancelled"), "ban"),
    "order.created": Words(gettext_lazy("Order made"), "shopping-cart"),
    "order.expired": Words(gettext_lazy("Order expired"), "clock"),
    "order.fulfilled": Words(gettext_lazy("Order fulfilled"), "circle-check", "success"),
    "order.partly_paid": Words(gettext_lazy("Part of the order paid, time for the rest"), "badge-percent", "info"),
    "order.time_given": Words(gettext_lazy("More time for the rest of the order"), "clock"),
    "order.paid": Words(gettext_lazy("Order paid"), "circle-check", "success"),
    "organisation.activated": Words(gettext_lazy("Workspace opened"), "door-open", "success"),
    "organisation.billing_changed": Words(gettext_lazy("Billing details changed"), "receipt"),
    "organisation.closed": Words(gettext_lazy("Organisation closed"), "ban", "danger"),
    "organisation.created": Words(gettext_lazy("Organisation created"), "building-2"),
    "organisation.data_deleted": Words(gettext_lazy("Data of the workspace deleted"), "trash-2", "danger"),
    "organisation.invitation.accepted": Words(gettext_lazy("Invitation accepted"), "check", "success"),
    "organisation.invitation.forgotten": Words(gettext_lazy("Old invitation deleted"), "trash-2"),
    "organisation.invitation.resent": Words(gettext_lazy("Invitation sent again"), "send"),
    "organisation.invitation.revoked": Words(gettext_lazy("Invitation taken back"), "undo-2", "warning"),
    "organisation.invitation.sent": Words(gettext_lazy("Invitation sent"), "send"),
    "organisation.owner_changed": Words(gettext_lazy("Owner changed"), "users", "warning"),
    "organisation.standing": Words(gettext_lazy("Plan or access of the workspace changed"), "building-2", "info"),
    "payment.applied": Words(gettext_lazy("Payment put to the order"), "badge-percent", "success"),
    "payment.cancelled": Words(gettext_lazy("Payment set aside"), "ban"),
    "payment.credited": Words(gettext_lazy("Payment of an order that is over kept as credit"), "wallet", "info"),
    "payment.created": Words(gettext_lazy("Payment begun"), "wallet"),
    "payment.expired": Words(gettext_lazy("Payment expired"), "clock"),
    "payment.failed": Words(gettext_lazy("Payment failed"), "circle-x", "danger"),
    "payment.needs_review": Words(gettext_lazy("Payment to decide"), "triangle-alert", "warning"),
    "payment.pending": Words(gettext_lazy("Payment awaited"), "hourglass"),
    "payment.succeeded": Words(gettext_lazy("Payment received"), "circle-check", "success"),
    "payment_review.accepted": Words(gettext_lazy("Decided: the money is taken for what it is"), "check", "info"),
    "payment_review.dismissed": Words(gettext_lazy("Decided: the money never came"), "ban", "warning"),
    "payment_way.changed": Words(gettext_lazy("Way to pay changed"), "key-round", "warning"),
    "payment_way.hidden": Words(gettext_lazy("Way to pay not offered: its provider fails"), "triangle-alert", "danger"),
    "payment_way.moved": Words(gettext_lazy("Order of the ways to pay changed"), "arrow-up"),
    "payment_way.offered_again": Words(gettext_lazy("Way to pay offered again"), "circle-check", "success"),
    "payment_way.tested": Words(gettext_lazy("Keys of a way to pay tested"), "refresh-cw"),
    "payout.approved": Words(gettext_lazy("Payout approved"), "check", "success"),
    "payout.confirmed": Words(gettext_lazy("Payout agreed to by a second person"), "users", "success"),
    "payout.made": Words(gettext_lazy("Payout statement made"), "file-text"),
    "payout.paid": Words(gettext_lazy("Payout sent"), "wallet", "success"),
    "payout.sent_back": Words(gettext_lazy("Payout held back"), "undo-2", "warning"),
    "plan.published": Words(gettext_lazy("Plan published"), "tag"),
    "plan.retired": Words(gettext_lazy("Plan retired"), "tag", "warning"),
    "plan.shown": Words(gettext_lazy("Plan shown differently"), "tag"),
    "plan.sold_again": Words(gettext_lazy("Plan on sale again"), "tag", "success"),
    "provisioning.restarted": Words(gettext_lazy("Workspace started again"), "rotate-ccw", "info"),
    "provisioning.stuck": Words(gettext_lazy("Workspace stuck"), "triangle-alert", "danger"),
    "receipt.uploaded": Words(gettext_lazy("Receipt sent"), "upload", "info"),
    "refund.approved": Words(gettext_lazy("Refund agreed to"), "check", "info"),
    "refund.credit_requested": Words(gettext_lazy("Credit asked for"), "wallet", "info"),
    "refund.dispute_won": Words(gettext_lazy("Dispute won: the money stays"), "check", "success"),
    "refund.disputed": Words(gettext_lazy("Disputed by the payer"), "triangle-alert", "danger"),
    "refund.external": Words(gettext_lazy("Given back at the provider's own site"), "external-link", "warning"),
    "refund.failed": Words(gettext_lazy("Refund failed"), "circle-x", "danger"),
    "refund.kept": Words(gettext_lazy("Kept as credit"), "wallet", "success"),
    "refund.pending": Words(gettext_lazy("Refund under way"), "hourglass"),
    "refund.rejected": Words(gettext_lazy("Refund rejected"), "x", "warning"),
    "refund.requested": Words(gettext_lazy("Refund asked for"), "undo-2", "info"),
    "refund.succeeded": Words(gettext_lazy("Money given back"), "undo-2", "success"),
    "revenue.exported": Words(gettext_lazy("Figures exported"), "download", "info"),
    "review.applied": Words(gettext_lazy("Decided: put to an order"), "check", "success"),
    "review.corrected": Words(gettext_lazy("Amount received corrected"), "pencil", "warning"),
    "review.credited": Words(gettext_lazy("Decided: kept as credit"), "wallet", "info"),
    "review.dismissal_proposed": Words(gettext_lazy("Said that the money never came"), "users", "warning"),
    "review.refunded": Words(gettext_lazy("Decided: to be given back"), "undo-2", "info"),
    "secret.resealed": Words(gettext_lazy("Secret sealed with a new key"), "lock"),
    "sign_in_provider.changed": Words(gettext_lazy("Sign-in provider changed"), "key-round", "warning"),
    "statement.imported": Words(gettext_lazy("Bank statement imported"), "landmark", "success"),
    "statement.uploaded": Words(gettext_lazy("Bank statement uploaded"), "upload"),
    "statement_line.ignored": Words(gettext_lazy("Movement set aside"), "archive"),
    "statement_line.noted": Words(gettext_lazy("Note on a movement"), "message-circle"),
    "statement_line.open": Words(gettext_lazy("Movement waits again"), "inbox"),
    "statement_line.taken": Words(gettext_lazy("Movement used"), "check", "success"),
    "store.address.changed": Words(gettext_lazy("Delivery address changed"), "pencil"),
    "store.address.created": Words(gettext_lazy("Address added"), "map-pin"),
    "store.address.deleted": Words(gettext_lazy("Address deleted"), "trash-2"),
    "store.attribute.changed": Words(gettext_lazy("Attribute of products changed"), "pencil"),
    "store.attribute.created": Words(gettext_lazy("Attribute of products added"), "sliders-horizontal"),
    "store.attribute.deleted": Words(gettext_lazy("Attribute of products deleted"), "trash-2", "warning"),
    "store.brand.changed": Words(gettext_lazy("Brand changed"), "pencil"),
    "store.brand.created": Words(gettext_lazy("Brand added"), "tag"),
    "store.brand.deleted": Words(gettext_lazy("Brand deleted"), "trash-2", "warning"),
    "store.category.changed": Words(gettext_lazy("Category changed"), "pencil"),
    "store.category.created": Words(gettext_lazy("Category added"), "tag"),
    "store.category.deleted": Words(gettext_lazy("Category deleted"), "trash-2", "warning"),
    "store.category.moved": Words(gettext_lazy("Category moved"), "layers"),
    "store.customer.changed": Words(gettext_lazy("Customer changed"), "pencil"),
    "store.location.changed": Words(gettext_lazy("Place for stock changed"), "map-pin"),
    "store.location.closed": Words(gettext_lazy("Place for stock closed"), "map-pin", "warning"),
    "store.credit_note.issued": Words(gettext_lazy("Credit note of the shop issued"), "file-text"),
    "store.import.applied": Words(gettext_lazy("Catalogue import applied"), "circle-check", "success"),
    "store.import.confirmed": Words(gettext_lazy("Catalogue import confirmed"), "check"),
    "store.import.dropped": Words(gettext_lazy("Catalogue import dropped"), "x"),
    "store.import.started": Words(gettext_lazy("Catalogue file sent"), "upload"),
    "store.invoice.issued": Words(gettext_lazy("Invoice of the shop issued"), "file-text", "success"),
    "store.journal.exported": Words(gettext_lazy("Sales journal exported"), "download"),
    "store.location.created": Words(gettext_lazy("Place for stock added"), "map-pin"),
    "store.location.moved": Words(gettext_lazy("Order of the places for stock changed"), "map-pin"),
    "store.location.opened": Words(gettext_lazy("Place for stock opened again"), "map-pin"),
    "store.order.buyer_named": Words(gettext_lazy("Buyer of a sale named"), "user"),
    "store.order.cancelled": Words(gettext_lazy("Order cancelled"), "ban", "warning"),
    "store.order.confirmed": Words(gettext_lazy("Order confirmed"), "circle-check", "success"),
    "store.order.delivered": Words(gettext_lazy("Order delivered"), "check", "success"),
    "store.order.paid": Words(gettext_lazy("Money for an order"), "wallet", "success"),
    "store.order.placed": Words(gettext_lazy("Order placed"), "shopping-cart"),
    "store.order.preparing": Words(gettext_lazy("Order in preparation"), "package"),
    "store.order.reduced": Words(gettext_lazy("Part of an order cancelled"), "ban", "warning"),
    "store.order.refunded": Words(gettext_lazy("Money of an order given back"), "rotate-ccw"),
    "store.order.returned": Words(gettext_lazy("Goods of an order came back"), "undo-2"),
    "store.order.sent": Words(gettext_lazy("Order sent"), "truck"),
    "store.order.sent_in_part": Words(gettext_lazy("Part of an order sent"), "truck"),
    "store.order.settled": Words(gettext_lazy("Missing goods set aside"), "circle-check", "success"),
    "store.partner.changed": Words(gettext_lazy("Partner changed"), "pencil"),
    "store.partner.created": Words(gettext_lazy("Partner added"), "building-2"),
    "store.partner.deleted": Words(gettext_lazy("Partner deleted"), "trash-2", "warning"),
    "store.partner.member_removed": Words(gettext_lazy("Person of a partner removed"), "users"),
    "store.partner.members_added": Words(gettext_lazy("People of a partner added"), "user-plus"),
    "store.product.changed": Words(gettext_lazy("Product changed"), "pencil"),
    "store.product.created": Words(gettext_lazy("Product added"), "package"),
    "store.product.deleted": Words(gettext_lazy("Product deleted"), "trash-2", "warning"),
    "store.product.hidden": Words(gettext_lazy("Product hidden"), "eye-off"),
    "store.product.published": Words(gettext_lazy("Product published"), "eye", "success"),
    "store.register.changed": Words(gettext_lazy("Till changed"), "monitor-smartphone"),
    "store.register.created": Words(gettext_lazy("Till added"), "monitor-smartphone"),
    "store.promotion.changed": Words(gettext_lazy("Promotion changed"), "pencil"),
    "store.promotion.created": Words(gettext_lazy("Promotion added"), "badge-percent"),
    "store.promotion.deleted": Words(gettext_lazy("Promotion deleted"), "trash-2", "warning"),
    "store.promotion.paused": Words(gettext_lazy("Promotion paused"), "pause"),
    "store.promotion.resumed": Words(gettext_lazy("Promotion resumed"), "play", "success"),
    "store.segment.changed": Words(gettext_lazy("Segment of customers changed"), "pencil"),
    "store.report.exported": Words(gettext_lazy("Report taken away"), "download", "info"),
    "store.review.changed": Words(gettext_lazy("Review changed by its author"), "pencil"),
    "store.review.deleted": Words(gettext_lazy("Review deleted"), "trash-2"),
    "store.review.published": Words(gettext_lazy("Review published"), "star", "success"),
    "store.review.rejected": Words(gettext_lazy("Review rejected"), "ban", "warning"),
    "store.review.replied": Words(gettext_lazy("Reply to a review"), "message-circle"),
    "store.review.written": Words(gettext_lazy("Review written"), "star"),
    "store.segment.created": Words(gettext_lazy("Segment of customers added"), "users"),
    "store.segment.deleted": Words(gettext_lazy("Segment of customers deleted"), "trash-2", "warning"),
    "store.shop.changed": Words(gettext_lazy("Shop settings changed"), "settings"),
    "store.shop.created": Words(gettext_lazy("Shop set up"), "sprout", "success"),
    "store.till.cash_moved": Words(gettext_lazy("Cash put into a till or taken out"), "wallet"),
    "store.till.closed": Words(gettext_lazy("Till closed and counted"), "lock"),
    "store.till.late_sale": Words(gettext_lazy("Offline sale added to a closed till"), "history", "warning"),
    "store.till.opened": Words(gettext_lazy("Till opened"), "log-in"),
    "store.till.refused": Words(gettext_lazy("Offline sale could not be booked"), "triangle-alert", "danger"),
    "store.till.returned": Words(gettext_lazy("Goods came back at the till"), "undo-2"),
    "store.till.settled": Words(gettext_lazy("Task of the till settled"), "check", "success"),
    "store.till.sold": Words(gettext_lazy("Sold at the till"), "receipt", "success"),
    "store.zone.changed": Words(gettext_lazy("Delivery zone changed"), "pencil"),
    "store.shop.setup_closed": Words(gettext_lazy("List of first steps put away"), "check"),
    "store.zone.created": Words(gettext_lazy("Delivery zone added"), "truck"),
    "store.zone.deleted": Words(gettext_lazy("Delivery zone deleted"), "trash-2", "warning"),
    "subscription.cancellation_scheduled": Words(
        gettext_lazy("End of the subscription planned"), "calendar", "warning"
    ),
    "subscription.cancellation_undone": Words(gettext_lazy("End of the subscription taken back"), "undo-2", "success"),
    "subscription.cancelled": Words(gettext_lazy("Subscription cancelled"), "ban", "warning"),
    "subscription.change_scheduled": Words(gettext_lazy("Change of plan planned"), "calendar", "info"),
    "subscription.dispute_won": Words(gettext_lazy("Access back after a dispute"), "circle-check", "success"),
    "subscription.disputed": Words(gettext_lazy("Access held by a dispute"), "triangle-alert", "warning"),
    "subscription.deleted": Words(gettext_lazy("Subscription deleted"), "trash-2", "danger"),
    "subscription.deletion_requested": Words(gettext_lazy("Deletion asked for"), "trash-2", "danger"),
    "subscription.ended": Words(gettext_lazy("Subscription over"), "ban", "warning"),
    "subscription.extended": Words(gettext_lazy("Days given"), "calendar", "success"),
    "subscription.grace_began": Words(gettext_lazy("Paid time over, grace begun"), "clock", "warning"),
    "subscription.grace_ended": Words(gettext_lazy("Grace ended by an administrator"), "ban", "warning"),
    "subscription.held": Words(gettext_lazy("Workspace held by an administrator"), "lock", "danger"),
    "subscription.hold_lifted": Words(gettext_lazy("Hold taken back"), "door-open", "success"),
    "subscription.opened": Words(gettext_lazy("Subscription opened"), "sprout", "success"),
    "subscription.plan_changed": Words(gettext_lazy("Plan changed"), "arrow-up", "info"),
    "subscription.renewed": Words(gettext_lazy("Subscription renewed"), "rotate-ccw", "success"),
    "subscription.started": Words(gettext_lazy("Subscription started"), "sprout", "success"),
    "subscription.time_ended": Words(gettext_lazy("Paid time ended with its refund"), "undo-2", "warning"),
    "subscription.suspended": Words(gettext_lazy("Workspace read-only, unpaid"), "lock", "danger"),
    "tax.ended": Words(gettext_lazy("Tax rate ended"), "percent", "warning"),
    "tax.set": Words(gettext_lazy("Tax rate entered"), "percent", "info"),
    "tax.withdrawn": Words(gettext_lazy("Planned tax rate withdrawn"), "percent", "warning"),
    "team.api_key.created": Words(gettext_lazy("API key made"), "key-round", "info"),
    "team.api_key.revoked": Words(gettext_lazy("API key ended"), "key-round", "warning"),
    "team.invitation.accepted": Words(gettext_lazy("Invitation accepted"), "circle-check", "success"),
    "team.invitation.forgotten": Words(gettext_lazy("Old invitation deleted"), "trash-2"),
    "team.invitation.revoked": Words(gettext_lazy("Invitation taken back"), "undo-2"),
    "team.invitation.sent": Words(gettext_lazy("Invitation sent"), "send"),
    "team.invitation.sent_again": Words(gettext_lazy("Invitation sent again"), "send"),
    "team.member.joined": Words(gettext_lazy("Joined the team"), "user-plus", "success"),
    "team.member.left": Words(gettext_lazy("Left the team"), "door-open"),
    "team.member.removed": Words(gettext_lazy("Removed from the team"), "x", "warning"),
    "team.member.role_changed": Words(gettext_lazy("Role of a member changed"), "users"),
    "team.ownership.given": Words(gettext_lazy("Workspace handed over"), "users", "warning"),
    "team.ownership.received": Words(gettext_lazy("Became the owner"), "star", "warning"),
    "team.photo.discarded": Words(gettext_lazy("Photo deleted"), "trash-2"),
    "team.photo.kept": Words(gettext_lazy("Photo sent"), "image"),
    "team.role.changed": Words(gettext_lazy("Role changed"), "pencil"),
    "team.role.created": Words(gettext_lazy("Role added"), "plus", "success"),
    "team.role.deleted": Words(gettext_lazy("Role deleted"), "trash-2"),
    "team.roles.created": Words(gettext_lazy("Roles set up"), "users"),
    "transfer.approved": Words(gettext_lazy("Transfer approved"), "check", "success"),
    "transfer.confirmed": Words(gettext_lazy("Transfer confirmed by a second person"), "users", "success"),
    "transfer.in_effect": Words(gettext_lazy("Verdict in effect"), "circle-check", "info"),
    "transfer.linked": Words(gettext_lazy("Movement found for the transfer"), "link", "info"),
    "transfer.rejected": Words(gettext_lazy("Transfer rejected"), "x", "danger"),
    "transfer.sent_back": Words(gettext_lazy("Transfer sent back by a second person"), "undo-2", "warning"),
    "transfer.undone": Words(gettext_lazy("Verdict undone"), "undo-2", "warning"),
    "webhook.replayed": Words(gettext_lazy("Webhook replayed"), "rotate-ccw", "info"),
    "usage.mended": Words(gettext_lazy("Count of the plan’s use corrected"), "gauge", "warning"),
}

LEVELS: dict[str, Words] = {
    AuditLog.Level.INFO: Words(gettext_lazy("Information"), "info", "neutral"),
    AuditLog.Level.WARNING: Words(gettext_lazy("Warning"), "triangle-alert", "warning"),
    AuditLog.Level.ERROR: Words(gettext_lazy("Error"), "circle-x", "danger"),
}


_PRODUCTS = ("store", "events", "esxi")
_PLATFORM_ONLY = (
    "commission", "coupon", "dispute", "membership", "method", "order", "organisation", "payment", "payout", "plan", "provisioning",
    "receipt", "refund", "review", "transfer", "webhook",
)  # fmt: skip


# What happens to the takings of a tenant that sells has the words of the platform's own payments.
_TAKINGS = frozenset({
    "payment.cancelled", "payment.created", "payment.expired", "payment.failed", "payment.needs_review", "payment.pending",
    "payment.succeeded", "receipt.uploaded", "refund.dispute_won", "refund.disputed", "refund.external", "refund.failed", "refund.pending",
    "refund.requested", "refund.succeeded",
    "transfer.approved", "transfer.rejected",
})  # fmt: skip
_SELLING = ("store", "events")
_ONLY_SELLING = ("payment_review", "payment_way")


def actions_here() -> dict[str, Words]:
    """The actions that can happen in this schema: no other product's, and the platform's only on the platform."""
    if connection.schema_name == get_public_schema_name():
        strange, known = {*_PRODUCTS, *_ONLY_SELLING, "team", "usage"}, frozenset[str]()
    elif connection.tenant.product in _SELLING:
        strange, known = {*_PRODUCTS, *_PLATFORM_ONLY} - {connection.tenant.product}, _TAKINGS
    else:
        strange, known = {*_PRODUCTS, *_PLATFORM_ONLY, *_ONLY_SELLING} - {connection.tenant.product}, frozenset()
    return {code: words for code, words in ACTIONS.items() if code in known or code.partition(".")[0] not in strange}


def words_of(action: str) -> Words:
    """An action in words; one that is gone from the product keeps its code."""
    return ACTIONS.get(action) or Words(action)


def who(entry: AuditLog) -> str:
    """Whose act it was, and who acted in their place."""
    person = entry.actor_label or _("the system")
    if entry.impersonator and entry.impersonator != entry.actor_label:
        return _("%(admin)s as %(person)s") % {"admin": entry.impersonator, "person": person}
    return person


def timeline(entries: Iterable[AuditLog]) -> list[dict[str, Any]]:
    """Entries as the timeline component shows them."""
    events = []
    for entry in entries:
        words = words_of(entry.action)
        events.append(
            {
                "title": words.title,
                "icon": words.icon,
                "tone": words.tone,
                "at": entry.created_at,
                "who": who(entry),
                "text": str(entry.after.get("comment") or ""),
            }
        )
    return events
