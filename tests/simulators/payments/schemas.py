"""What requests must look like: JSON schemas by hand, stricter than the providers where they forgive typing errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jsonschema import ValidationError
from openapi_schema_validator import OAS30Validator

PAYPAL_MONEY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["currency_code", "value"],
    "properties": {
        "currency_code": {"type": "string", "minLength": 3, "maxLength": 3},
        "value": {"type": "string", "maxLength": 32, "pattern": r"^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$"},
    },
}
WEB_ADDRESS = {"type": "string", "maxLength": 2000, "pattern": r"^https?://[^\s/]+"}

EXPERIENCE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["return_url", "cancel_url"],
    "properties": {
        "brand_name": {"type": "string", "minLength": 1, "maxLength": 127},
        "locale": {"type": "string", "pattern": r"^[a-z]{2}(-[A-Z]{2})?$"},
        "landing_page": {"enum": ["LOGIN", "GUEST_CHECKOUT", "NO_PREFERENCE", "BILLING"]},
        "shipping_preference": {"enum": ["GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"]},
        "user_action": {"enum": ["CONTINUE", "PAY_NOW"]},
        "payment_method_preference": {"enum": ["UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"]},
        "return_url": WEB_ADDRESS,
        "cancel_url": WEB_ADDRESS,
    },
}
PURCHASE_UNIT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["amount"],
    "properties": {
        "reference_id": {"type": "string", "minLength": 1, "maxLength": 256},
        "custom_id": {"type": "string", "minLength": 1, "maxLength": 127},
        "invoice_id": {"type": "string", "minLength": 1, "maxLength": 127},
        "description": {"type": "string", "minLength": 1, "maxLength": 127},
        "amount": PAYPAL_MONEY,
    },
}
PAYPAL_ORDER = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["intent", "purchase_units"],
        "properties": {
            "intent": {"enum": ["CAPTURE", "AUTHORIZE"]},
            "purchase_units": {"type": "array", "minItems": 1, "maxItems": 1, "items": PURCHASE_UNIT},
            "payment_source": {
                "type": "object",
                "additionalProperties": False,
                "required": ["paypal"],
                "properties": {
                    "paypal": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["experience_context"],
                        "properties": {"experience_context": EXPERIENCE},
                    }
                },
            },
        },
    }
)
PAYPAL_CAPTURE = OAS30Validator({"type": "object", "additionalProperties": False, "properties": {}})
PAYPAL_REFUND = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "amount": PAYPAL_MONEY,
            "invoice_id": {"type": "string", "minLength": 1, "maxLength": 127},
            "custom_id": {"type": "string", "minLength": 1, "maxLength": 127},
            "note_to_payer": {"type": "string", "minLength": 1, "maxLength": 255},
        },
    }
)
SIGNATURE_TEXT = {"type": "string", "minLength": 1, "maxLength": 2000}
PAYPAL_VERIFY = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": [
            "auth_algo",
            "cert_url",
            "transmission_id",
            "transmission_sig",
            "transmission_time",
            "webhook_id",
            "webhook_event",
        ],
        "properties": {
            "auth_algo": SIGNATURE_TEXT,
            "cert_url": WEB_ADDRESS,
            "transmission_id": SIGNATURE_TEXT,
            "transmission_sig": SIGNATURE_TEXT,
            "transmission_time": SIGNATURE_TEXT,
            "webhook_id": SIGNATURE_TEXT,
            "webhook_event": {"type": "object"},
        },
    }
)

# Letters, digits, spaces, dots and hyphens: an apostrophe is an error at MTN.
MOMO_MESSAGE = {"type": "string", "maxLength": 160, "pattern": r"^[A-Za-z0-9 .\-]*$"}
MOMO_FIELDS: dict[str, Any] = {
    "amount": {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$"},
    "currency": {"type": "string", "pattern": r"^[A-Z]{3}$"},
    "externalId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^\S+$"},
    "payerMessage": MOMO_MESSAGE,
    "payeeNote": MOMO_MESSAGE,
}
MOMO_PAY = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["amount", "currency", "externalId", "payer"],
        "properties": {
            **MOMO_FIELDS,
            "payer": {
                "type": "object",
                "additionalProperties": False,
                "required": ["partyIdType", "partyId"],
                "properties": {
                    "partyIdType": {"enum": ["MSISDN"]},
                    "partyId": {"type": "string", "pattern": r"^[1-9][0-9]{7,14}$"},
                },
            },
        },
    }
)
MOMO_REFUND = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["amount", "currency", "externalId", "referenceIdToRefund"],
        "properties": {**MOMO_FIELDS, "referenceIdToRefund": {"type": "string", "minLength": 36, "maxLength": 36}},
    }
)

UNITS = {"type": "string", "pattern": r"^[1-9][0-9]{0,11}$"}
CARRIED = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 500}, "maxProperties": 50}
STRIPE_SESSION = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["mode", "line_items", "success_url"],
        "properties": {
            "mode": {"enum": ["payment"]},
            "client_reference_id": {"type": "string", "minLength": 1, "maxLength": 200},
            "line_items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["0"],
                "properties": {
                    "0": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["quantity", "price_data"],
                        "properties": {
                            "quantity": UNITS,
                            "price_data": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["currency", "unit_amount", "product_data"],
                                "properties": {
                                    "currency": {"type": "string", "pattern": r"^[a-z]{3}$"},
                                    "unit_amount": UNITS,
                                    "product_data": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["name"],
                                        "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 250}},
                                    },
                                },
                            },
                        },
                    }
                },
            },
            "locale": {"enum": ["auto", "fr", "en"]},
            "metadata": CARRIED,
            "payment_intent_data": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"description": {"type": "string", "maxLength": 1000}, "metadata": CARRIED},
            },
            "success_url": WEB_ADDRESS,
            "cancel_url": WEB_ADDRESS,
        },
    }
)
STRIPE_REFUND = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["payment_intent"],
        "properties": {
            "payment_intent": {"type": "string", "minLength": 1},
            "amount": UNITS,
            "metadata": CARRIED,
        },
    }
)

# https, but on this machine itself.
SAFE_ADDRESS = {
    "type": "string",
    "maxLength": 2000,
    "pattern": r"^(https://|http://(([a-z0-9-]+\.)*localhost|127\.0\.0\.1)[:/])\S+$",
}
WAVE_SESSION = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["amount", "currency", "success_url", "error_url"],
        "properties": {
            "amount": {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$"},
            "currency": {"type": "string", "pattern": r"^[A-Z]{3}$"},
            "client_reference": {"type": "string", "minLength": 1, "maxLength": 255},
            "success_url": SAFE_ADDRESS,
            "error_url": SAFE_ADDRESS,
            "restrict_payer_mobile": {"type": "string", "pattern": r"^\+[1-9][0-9]{7,14}$"},
        },
    }
)

ORANGE_ADDRESS = {**WEB_ADDRESS, "maxLength": 120}
ORANGE_ORDER = {"type": "string", "minLength": 1, "maxLength": 30, "pattern": r"^[A-Za-z0-9_-]+$"}
ORANGE_PAY = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": [
            "merchant_key",
            "currency",
            "order_id",
            "amount",
            "return_url",
            "cancel_url",
            "notif_url",
            "lang",
        ],
        "properties": {
            "merchant_key": {"type": "string"},
            "currency": {"type": "string", "pattern": r"^[A-Z]{3}$"},
            "order_id": ORANGE_ORDER,
            "amount": {"type": "integer", "minimum": 1},
            "return_url": ORANGE_ADDRESS,
            "cancel_url": ORANGE_ADDRESS,
            "notif_url": ORANGE_ADDRESS,
            "lang": {"enum": ["fr", "en"]},
            "reference": {"type": "string", "maxLength": 30},
        },
    }
)
ORANGE_STATUS = OAS30Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["order_id", "amount", "pay_token"],
        "properties": {
            "order_id": ORANGE_ORDER,
            "amount": {"type": "integer", "minimum": 1},
            "pay_token": {"type": "string", "minLength": 1},
        },
    }
)

ISSUES = {
    "required": "MISSING_REQUIRED_PARAMETER",
    "minLength": "INVALID_STRING_LENGTH",
    "maxLength": "INVALID_STRING_MAX_LENGTH",
    "minItems": "INVALID_ARRAY_MIN_ITEMS",
    "maxItems": "INVALID_ARRAY_MAX_ITEMS",
    "enum": "INVALID_PARAMETER_VALUE",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """The first thing wrong with a body: where (a JSON pointer), what, and PayPal's code for it."""

    field: str
    issue: str
    description: str


def first_violation(validator: OAS30Validator, body: object) -> Violation | None:
    """None for a body that is as it should be."""
    errors: list[ValidationError] = sorted(validator.iter_errors(body), key=lambda error: list(map(str, error.path)))
    if not errors:
        return None
    error = errors[0]
    pointer = "/" + "/".join(str(step) for step in error.absolute_path)
    return Violation(pointer, ISSUES.get(str(error.validator), "INVALID_PARAMETER_SYNTAX"), error.message[:300])
