"""Why a payment did not go through, in plain words with the next step."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.providers import reasons


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what to do now."""

    what: str | Promise
    next_step: str | Promise


_TRY_ANOTHER = _("Try again, or choose another way to pay.")
_BEING_CHECKED = _("Our team has been told and will write to you. Do not pay a second time.")

_EXPLANATIONS: dict[str, Explanation] = {
    reasons.INSUFFICIENT_FUNDS: Explanation(
        _("There is not enough money on the account."), _("Top up your account, then try again.")
    ),
    reasons.LIMIT_REACHED: Explanation(
        _("The limit of the mobile money account has been reached."),
        _("Pay by bank transfer, or from another account."),
    ),
    reasons.DECLINED_BY_PAYER: Explanation(_("The payment was refused on the phone."), _TRY_ANOTHER),
    reasons.APPROVAL_EXPIRED: Explanation(
        _("The payment was not approved in time."), _("Try again, and approve the payment as soon as you are asked to.")
    ),
    reasons.PAYER_NOT_FOUND: Explanation(
        _("This number has no mobile money account."), _("Check the number, or use another one.")
    ),
    reasons.PAYER_INACTIVE: Explanation(
        _("This mobile money account is not active."), _("Activate it with your operator, or use another number.")
    ),
    reasons.INSTRUMENT_DECLINED: Explanation(
        _("The card or account you chose was refused."), _("Choose another card or account, or another way to pay.")
    ),
    reasons.CANCELLED: Explanation(_("The payment was cancelled. Nothing was charged."), _TRY_ANOTHER),
    reasons.PROVIDER_UNAVAILABLE: Explanation(
        _("The payment service is not answering. We keep asking it."),
        _("Wait a moment: this page follows the payment. If money leaves your account, it is not lost."),
    ),
    reasons.MISCONFIGURED: Explanation(
        _("This way to pay is out of order. Nothing was charged."), _("Choose another way to pay.")
    ),
    reasons.NOT_TAKEN: Explanation(
        _("This amount or currency cannot be paid this way. Nothing was charged."), _("Choose another way to pay.")
    ),
    reasons.NOT_RECEIVED: Explanation(
        _("We could not find your transfer."), _("Check the reference and the amount, then send the receipt again.")
    ),
    reasons.BEING_REVIEWED: Explanation(
        _("The payment service is checking this payment."), _("This can take a few hours. We follow it for you.")
    ),
    reasons.UNCLEAR: Explanation(
        _("The payment service gave an answer that is not clear. We keep asking it, and our team has been told."),
        _("Wait a moment: this page follows the payment. Do not pay a second time."),
    ),
    reasons.AMOUNT_MISMATCH: Explanation(_("The amount received is not the amount due."), _BEING_CHECKED),
    reasons.CURRENCY_MISMATCH: Explanation(_("The money arrived in another currency."), _BEING_CHECKED),
    reasons.ACCOUNT_MISMATCH: Explanation(_("The money went to another account than ours."), _BEING_CHECKED),
    reasons.REFERENCE_MISMATCH: Explanation(_("The payment carries another reference."), _BEING_CHECKED),
    reasons.SECOND_SUCCESS: Explanation(
        _("This order was paid twice."), _("Our team has been told and will give the second payment back.")
    ),
    reasons.ORDER_CLOSED: Explanation(
        _("The payment arrived after the order was closed."), _("Our team has been told and will write to you.")
    ),
}
_UNKNOWN = Explanation(_("The payment did not go through."), _TRY_ANOTHER)


def explain(reason: str) -> Explanation:
    """The words for one of billing.providers.reasons."""
    return _EXPLANATIONS.get(reason, _UNKNOWN)


# Why a refund did not go through, for the team: the providers' reasons, and our own.
EXTERNAL = "external"
NOT_SENT = "not_sent"
REFUND_FAILURES: dict[str, str | Promise] = {
    reasons.INSUFFICIENT_FUNDS: _("There is not enough money on our account at the provider."),
    reasons.AMOUNT_MISMATCH: _("The provider says that less than this is left of the payment."),
    reasons.CURRENCY_MISMATCH: _("The payment was taken in another currency."),
    reasons.NOT_TAKEN: _("The provider takes no such amount in this currency."),
    reasons.BEING_REVIEWED: _("The provider holds this payment back and refunds nothing of it now."),
    reasons.MISCONFIGURED: _("The provider does not let us give money back: check our account and keys."),
    EXTERNAL: _("The money was given back on the provider's own site meanwhile."),
    reasons.DISPUTED: _("The payer disputes this payment: the provider decides who has the money."),
    reasons.TOO_LATE: _("The provider gives back nothing of a payment that is so old. Make it credit instead."),
    NOT_SENT: _("It could not be sent by hand."),
}


def explain_refund(failure: str) -> str | Promise:
    """The words for why a refund failed."""
    return REFUND_FAILURES.get(failure, _("The provider refused it without saying why."))
