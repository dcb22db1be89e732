"""MTN MoMo as its clients see it: collection, disbursement refunds, and an account holder's status."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, request
from openapi_schema_validator import OAS30Validator

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, basic_credentials, settings, state
from tests.simulators.payments.faults import HTML_PAGE, Fault, operation
from tests.simulators.payments.momo_requests import SUCCESSFUL, Requests, represent
from tests.simulators.payments.settings import (
    MOMO_API_KEY,
    MOMO_DISBURSEMENT_API_KEY,
    MOMO_DISBURSEMENT_SUBSCRIPTION_KEY,
    MOMO_DISBURSEMENT_USER_ID,
    MOMO_SUBSCRIPTION_KEY,
    MOMO_USER_ID,
)

CURRENCIES = {
    "sandbox": "EUR",
    "mtncameroon": "XAF",
    "mtncongo": "XAF",
    "mtnivorycoast": "XOF",
    "mtnbenin": "XOF",
    "mtnguineaconakry": "GNF",
}
WITHOUT_DECIMALS = frozenset({"XAF", "XOF", "GNF"})
KEYS = {
    "collection": (MOMO_SUBSCRIPTION_KEY, f"{MOMO_USER_ID}:{MOMO_API_KEY}"),
    "disbursement": (
        MOMO_DISBURSEMENT_SUBSCRIPTION_KEY,
        f"{MOMO_DISBURSEMENT_USER_ID}:{MOMO_DISBURSEMENT_API_KEY}",
    ),
}
OWN_HOSTS = frozenset({"localhost", "127.0.0.1"})

blueprint = Blueprint("momo", __name__)
Document = dict[str, Any]


class Refusal(Exception):
    """An error answer with MTN's code."""

    def __init__(self, status: int, code: str = "", message: str = "Simulated refusal.") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        """MTN's format: an object with code and message, or only a message from the gateway in front of it."""
        document = {"code": self.code, "message": self.message} if self.code else {"message": self.message}
        return answer(document, self.status)


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """Every refusal of this blueprint."""
    return refusal.response()


@blueprint.before_request
def check_user_agent() -> Response | None:
    """MTN's gateway turns away the default client of Python, with a page and not with JSON."""
    if "python-requests" in request.user_agent.string or not request.user_agent.string:
        return Response(HTML_PAGE, status=403, mimetype="text/html")
    return None


def _refuse(fault: Fault) -> Response:
    if fault["kind"] == "issue":
        return Refusal(int(fault.get("status", 500)), fault["issue"]).response()
    return Refusal(401, message="Simulated: the token is not known.").response()


def _distort(fault: Fault, document: Document) -> None:
    """Make a status untrue in the way the fault names."""
    kind = fault["kind"]
    if kind == "wrong_amount" and "amount" in document:
        document["amount"] = str(Decimal(document["amount"]) - 1)
    elif kind == "padded_amount":
        document["amount"] += ".0"
    elif kind == "wrong_currency":
        document["currency"] = "EUR" if document["currency"] != "EUR" else "XAF"
    elif kind in ("wrong_account", "wrong_reference"):  # MTN names no account: only the reference can differ
        document["externalId"] = str(uuid.uuid4())
    elif kind == "unknown_status":
        document["status"] = "SOMETHING_NEW"


def call(name: str) -> Any:
    """An MTN operation that is counted and can go wrong."""
    return operation("momo", name, refuse=_refuse, distort=_distort)


def requests_to_pay() -> Requests:
    """The requests of this simulator."""
    return current_app.extensions["momo"]


def check_key(product: str) -> None:
    """Raise unless the product's subscription key came along."""
    if request.headers.get("Ocp-Apim-Subscription-Key") != KEYS[product][0]:
        raise Refusal(401, message="The subscription key is missing or not known.")


def check_environment() -> str:
    """The currency of the target environment; raises for one that is missing or not known."""
    environment = request.headers.get("X-Target-Environment")
    if not environment:
        raise Refusal(400, "VALIDATION_ERROR", "X-Target-Environment is missing.")
    if environment not in CURRENCIES:
        raise Refusal(500, "NOT_ALLOWED_TARGET_ENVIRONMENT")
    return CURRENCIES[environment]


def check_caller(product: str) -> str:
    """Key, token and environment in one; returns the environment's currency."""
    check_key(product)
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    token = state().get("token", value) if kind == "Bearer" else None
    if token is None or token["product"] != product or token["ends_at"] < time.time():
        raise Refusal(401, message="The token is missing, over or not known.")
    return check_environment()


def reference_id() -> str:
    """X-Reference-Id; raises unless it is a version 4 UUID in its usual form."""
    value = request.headers.get("X-Reference-Id", "")
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != 4 or str(parsed) != value.lower():
        raise Refusal(400, "VALIDATION_ERROR", "X-Reference-Id is not a UUID of version 4.")
    return value.lower()


def json_body(validator: OAS30Validator, currency: str) -> Document:
    """The request's body; raises for a wrong shape, currency or amount."""
    if request.mimetype != "application/json":
        raise Refusal(415, "VALIDATION_ERROR")
    try:
        body = json.loads(request.get_data(as_text=True))
    except ValueError:
        raise Refusal(400, "VALIDATION_ERROR", "The body is not JSON.") from None
    violation = schemas.first_violation(validator, body)
    if violation:
        raise Refusal(400, "VALIDATION_ERROR", f"{violation.field}: {violation.description}")
    if body["currency"] != currency:
        raise Refusal(500, "INVALID_CURRENCY", "The currency is not the target environment's.")
    if Decimal(body["amount"]) <= 0 or (currency in WITHOUT_DECIMALS and "." in body["amount"]):
        raise Refusal(400, "VALIDATION_ERROR", "The amount is not one of this currency.")
    return body


def _token(product: str) -> Response:
    check_key(product)
    check_environment()
    if basic_credentials(request.headers.get("Authorization")) != KEYS[product][1]:
        raise Refusal(401, message="The API user or key is not known.")
    value, lifetime = secrets.token_urlsafe(40), settings().token_lifetime
    state().put("token", value, {"product": product, "ends_at": time.time() + lifetime})
    return answer({"access_token": value, "token_type": "access_token", "expires_in": lifetime})


@blueprint.post("/collection/token/")
@call("token")
def collection_token() -> Response:
    """An access token for collection."""
    return _token("collection")


@blueprint.post("/disbursement/token/")
@call("disbursement_token")
def disbursement_token() -> Response:
    """An access token for disbursement."""
    return _token("disbursement")


@blueprint.post("/collection/v1_0/requesttopay")
@call("request_to_pay")
def request_to_pay() -> Response:
    """Accept a request; what becomes of it is read back later."""
    body = json_body(schemas.MOMO_PAY, check_caller("collection"))
    reference, callback_url = reference_id(), request.headers.get("X-Callback-Url", "")
    _check_callback(callback_url)
    with state().lock:
        if state().get("momo_request", reference):
            raise Refusal(409, "RESOURCE_ALREADY_EXIST")
        kept = {name: body.get(name, "") for name in ("amount", "currency", "externalId", "payerMessage", "payeeNote")}
        requests_to_pay().add(
            reference, {**kept, "msisdn": body["payer"]["partyId"], "callback_url": callback_url, "refunded": "0"}
        )
    return Response(status=202)


@blueprint.get("/collection/v1_0/requesttopay/<reference>")
@call("get_request")
def get_request(reference: str) -> Response:
    """A request's status."""
    check_caller("collection")
    document = requests_to_pay().read(reference.lower())
    if document is None:
        raise Refusal(404, "RESOURCE_NOT_FOUND")
    return answer(represent(document, reference))


@blueprint.get("/collection/v1_0/accountholder/msisdn/<msisdn>/active")
@call("active")
def active(msisdn: str) -> Response:
    """Whether a number can pay: every number can, as in MTN's sandbox, but those a test has switched off."""
    check_caller("collection")
    account = state().get("momo_account", msisdn) or {"active": True}
    return answer({"result": account["active"]})


@blueprint.get("/collection/v1_0/accountholder/msisdn/<msisdn>/basicuserinfo")
@call("basicuserinfo")
def basicuserinfo(msisdn: str) -> Response:
    """Whose number it is."""
    check_caller("collection")
    return answer({"given_name": "Compte", "family_name": f"simulé {msisdn[-2:]}", "locale": "fr_FR"})


@blueprint.get("/collection/v1_0/account/balance")
@call("balance")
def balance() -> Response:
    """The merchant's balance: what was charged less what was given back."""
    currency = check_caller("collection")
    total = sum(
        Decimal(document["amount"]) * document["charged"] - Decimal(document["refunded"])
        for _, document in state().all("momo_request")
        if document["currency"] == currency
    )
    return answer({"availableBalance": str(total), "currency": currency})


@blueprint.post("/disbursement/v1_0/refund")
@call("refund")
def refund(forced_status: str = "") -> Response:
    """Accept a refund of a request to pay."""
    body = json_body(schemas.MOMO_REFUND, check_caller("disbursement"))
    reference = reference_id()
    with state().lock:
        if state().get("momo_refund", reference):
            raise Refusal(409, "RESOURCE_ALREADY_EXIST")
        status, reason = _refund_outcome(body)
        shown = {name: body[name] for name in ("amount", "currency", "externalId", "referenceIdToRefund")}
        status = forced_status or status
        state().put("momo_refund", reference, {**shown, "status": status, **({"reason": reason} if reason else {})})
    return Response(status=202)


@blueprint.get("/disbursement/v1_0/refund/<reference>")
@call("get_refund")
def get_refund(reference: str) -> Response:
    """A refund's status."""
    check_caller("disbursement")
    document = state().get("momo_refund", reference.lower())
    if document is None:
        raise Refusal(404, "RESOURCE_NOT_FOUND")
    return answer(document)


def _refund_outcome(body: Document) -> tuple[str, str]:
    paid = state().get("momo_request", body["referenceIdToRefund"].lower())
    if paid is None or paid["status"] != SUCCESSFUL:
        return "FAILED", "TRANSACTION_NOT_FOUND"
    refunded = Decimal(paid["refunded"]) + Decimal(body["amount"])
    if refunded > Decimal(paid["amount"]):
        return "FAILED", "NOT_ALLOWED"
    state().put("momo_request", body["referenceIdToRefund"].lower(), {**paid, "refunded": str(refunded)})
    return SUCCESSFUL, ""


def settle_refund(reference: str, status: str, reason: str = "") -> bool:
    """MTN decides on a pending refund: one that fails was not given back. False when it is not known."""
    with state().lock:
        refund = state().get("momo_refund", reference)
        if refund is None:
            return False
        paid = state().get("momo_request", refund["referenceIdToRefund"].lower())
        if paid and status != SUCCESSFUL:
            given = Decimal(paid["refunded"]) - Decimal(refund["amount"])
            state().put("momo_request", refund["referenceIdToRefund"].lower(), {**paid, "refunded": str(given)})
        state().put("momo_refund", reference, {**refund, "status": status, **({"reason": reason} if reason else {})})
    return True


def _check_callback(url: str) -> None:
    registered = settings().momo_callback_host
    host = urlsplit(url).hostname or ""
    if url and host not in ({registered} if registered else OWN_HOSTS):
        raise Refusal(500, "INVALID_CALLBACK_URL_HOST")
