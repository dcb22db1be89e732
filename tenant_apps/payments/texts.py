"""Why a payment did not go through, and what is wrong with a number or a file: plain words with the next step."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.providers import reasons

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, and what to do now."""

    what: Text
    next_step: Text


_TRY_ANOTHER = _("Try again, or choose another way to pay.")
_CHOOSE_ANOTHER = _("Choose another way to pay.")
_BEING_CHECKED = _("The seller has been told and will contact you. Do not pay a second time.")
_KEEP_WAITING = _("Wait a moment: this page follows the payment. If money leaves your account, it is not lost.")

_EXPLANATIONS: dict[str, Explanation] = {
    reasons.INSUFFICIENT_FUNDS: Explanation(
        _("There is not enough money on the account."), _("Top up your account, then try again.")
    ),
    reasons.LIMIT_REACHED: Explanation(
        _("The limit of the mobile money account has been reached."), _("Pay from another account, or another way.")
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
        _("The payment service is not answering. We keep asking it."), _KEEP_WAITING
    ),
    reasons.MISCONFIGURED: Explanation(
        _("This way to pay is out of order. Nothing was charged."), _CHOOSE_ANOTHER
    ),
    reasons.NOT_TAKEN: Explanation(
        _("This amount or currency cannot be paid this way. Nothing was charged."), _CHOOSE_ANOTHER
    ),
    reasons.NOT_RECEIVED: Explanation(
        _("We could not find your transfer."), _("Check the reference and the amount, then send the receipt again.")
    ),
    reasons.BEING_REVIEWED: Explanation(
        _("The payment service is checking this payment."), _("This can take a few hours. We follow it for you.")
    ),
    reasons.UNCLEAR: Explanation(_("The payment service gave an answer that is not clear. We keep asking it."),
                                 _KEEP_WAITING),
    reasons.AMOUNT_MISMATCH: Explanation(_("The amount received is not the amount due."), _BEING_CHECKED),
    reasons.CURRENCY_MISMATCH: Explanation(_("The money arrived in another currency."), _BEING_CHECKED),
    reasons.ACCOUNT_MISMATCH: Explanation(_("The money went to another account than ours."), _BEING_CHECKED),
    reasons.REFERENCE_MISMATCH: Explanation(_("The payment carries another reference."), _BEING_CHECKED),
}  # fmt: skip
_UNKNOWN = Explanation(_("The payment service does not say why."), _TRY_ANOTHER)


def explain(reason: str) -> Explanation:
    """The words for one of billing.providers.reasons."""
    return _EXPLANATIONS.get(reason, _UNKNOWN)


EXTERNAL = "external"  # somebody gave it back at the provider's own site
# Why a refund or a check of the keys did not go through, for staff.
_FAILURES: dict[str, Text] = {
    reasons.INSUFFICIENT_FUNDS: _("There is not enough money on your account at the provider."),
    reasons.AMOUNT_MISMATCH: _("The provider does not give this amount back: less is left, or only the whole payment."),
    reasons.CURRENCY_MISMATCH: _("The payment was taken in another currency."),
    reasons.NOT_TAKEN: _("The provider takes no such amount in this currency."),
    reasons.BEING_REVIEWED: _("The provider holds this payment back and refunds nothing of it now."),
    reasons.MISCONFIGURED: _("The provider refused the keys. Check them, and what they are allowed to do."),
    reasons.PROVIDER_UNAVAILABLE: _("The provider does not answer. Try again in a few minutes."),
    reasons.DISPUTED: _("The payer disputes this payment: the provider decides who has the money."),
    EXTERNAL: _("The money was given back on the provider’s own site meanwhile."),
    reasons.TOO_LATE: _("The provider gives back nothing of a payment that is so old. Give it back by hand."),
}


def explain_failure(reason: str) -> Text:
    """The words for why a refund or a check failed."""
    return _FAILURES.get(reason, _("The provider refused it without saying why."))


PHONE_TEXTS: dict[str, Text] = {
    "empty": _("Enter the mobile money number to charge."),
    "not_a_number": _("This is not a phone number. Use digits, for example 6 70 12 34 56."),
    "too_short": _("This number is too short. Check it against your phone."),
    "too_long": _("This number is too long. Check it against your phone."),
    "not_in_use": _("No operator uses this number. Check it against your phone."),
    "other_country": _(
        "This number is from another country. Use one of the country where you pay, or pay another way."
    ),
    "not_mobile": _("This is not a mobile number. Enter one that has mobile money."),
}

RECEIPT_TEXTS: dict[str, Text] = {
    "empty": _("This file is empty. Choose the photo or PDF of your receipt."),
    "too_big": _("This file is larger than 5 MB. Take a smaller photo, or a PDF."),
    "not_a_receipt": _("This is neither a photo (JPEG, PNG, WebP) nor a PDF."),
    "too_many_pixels": _("This picture is too large. Take a smaller photo of the receipt."),
    "damaged": _("This file is damaged. Take a new photo, or save the PDF again."),
    "encrypted": _("This PDF is protected by a password. Send it without one, or as a photo."),
    "too_many_pages": _("This PDF has too many pages. Send only the receipt."),
    "active_content": _("This PDF contains a script or an attached file. Send a photo of the receipt instead."),
}

_AWAY = _("%(method)s is not answering for now. Choose another way to pay, or try again in a few minutes.")


def away_text(method: object) -> str:
    """What payers read of a way to pay whose provider fails."""
    return str(_AWAY) % {"method": method}


# Both are called FCFA, and are two currencies: here it matters which.
CURRENCY_TEXTS: dict[str, Text] = {"XAF": _("FCFA (Central Africa)"), "XOF": _("FCFA (West Africa)")}

# What staff call the states of a payment and of a refund.
STATUS_TEXTS: dict[str, Text] = {
    "created": _("Begun"),
    "pending": _("Awaited"),
    "under_review": _("Proof to check"),
    "needs_review": _("To decide"),
    "succeeded": _("Received"),
    "failed": _("Failed"),
    "expired": _("Expired"),
    "cancelled": _("Set aside"),
}
STATUS_TONES = {
    "succeeded": "success", "failed": "danger", "needs_review": "warning", "under_review": "info", "pending": "info",
}  # fmt: skip
# What became of money that the payer's bank or the provider takes back.
DISPUTE_TEXTS: dict[str, Text] = {
    "created": _("Disputed: answer at the provider"),
    "pending": _("Disputed: answer at the provider"),
    "succeeded": _("Dispute lost: the money is gone"),
    "failed": _("Dispute won: the money stays"),
}
REFUND_TEXTS: dict[str, Text] = {
    "created": _("To send"),
    "pending": _("Under way"),
    "succeeded": _("Given back"),
    "failed": _("Failed"),
}
