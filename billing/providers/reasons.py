"""Why a payment did not go through, in our own words' codes: one list for all providers.

The texts a payer reads are in `billing.messages`; a provider only maps its own codes onto these.
"""

from __future__ import annotations

from typing import Final

INSUFFICIENT_FUNDS: Final = "insufficient_funds"
LIMIT_REACHED: Final = "limit_reached"
DECLINED_BY_PAYER: Final = "declined_by_payer"
APPROVAL_EXPIRED: Final = "approval_expired"
PAYER_NOT_FOUND: Final = "payer_not_found"
PAYER_INACTIVE: Final = "payer_inactive"
INSTRUMENT_DECLINED: Final = "instrument_declined"
CANCELLED: Final = "cancelled"
PROVIDER_UNAVAILABLE: Final = "provider_unavailable"
MISCONFIGURED: Final = "misconfigured"
NOT_TAKEN: Final = "not_taken"  # an amount or currency that cannot be asked for this way
NOT_RECEIVED: Final = "not_received"  # a transfer that the bank has not seen
BEING_REVIEWED: Final = "being_reviewed"  # the provider itself holds the money back
AMOUNT_MISMATCH: Final = "amount_mismatch"
CURRENCY_MISMATCH: Final = "currency_mismatch"
ACCOUNT_MISMATCH: Final = "account_mismatch"
REFERENCE_MISMATCH: Final = "reference_mismatch"
SECOND_SUCCESS: Final = "second_success"
DISPUTED: Final = "disputed"
TOO_LATE: Final = "too_late"  # for a refund
ORDER_CLOSED: Final = "order_closed"
BAD_SIGNATURE: Final = "bad_signature"
UNCLEAR: Final = "unclear"  # an answer we do not know, and so nothing final
UNKNOWN: Final = "unknown"
