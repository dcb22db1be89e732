"""The pages a payer sees: PayPal's approval and the telephone. Plain, in French, made for a small screen."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from tests.simulators.payments import moov, paypal
from tests.simulators.payments.context import settings
from tests.simulators.payments.momo import requests_to_pay
from tests.simulators.payments.momo_requests import FAILED, SUCCESSFUL

PAYABLE = frozenset({"PAYER_ACTION_REQUIRED", "CREATED", "APPROVED"})
PAYER_ID = "SIMPAYER00001"
SYMBOLS = {"EUR": "€", "USD": "$US", "XAF": "FCFA", "XOF": "FCFA", "OUV": "FCFA"}
DECIMALS = {"XAF": 0, "XOF": 0, "OUV": 0, "GNF": 0, "JPY": 0, "TND": 3}
DECISIONS = {
    "approve": (SUCCESSFUL, "", "Paiement approuvé."),
    "refuse": (FAILED, "APPROVAL_REJECTED", "Paiement refusé."),
    "no_funds": (FAILED, "NOT_ENOUGH_FUNDS", "Le paiement a échoué\u00a0: solde insuffisant."),
}
MOOV_CODES = {"approve": "0", "refuse": "92", "no_funds": "10"}

MOOV = "Moov Money"

blueprint = Blueprint("pages", __name__)
Document = dict[str, Any]


@blueprint.app_template_filter("amount")
def amount_in_french(value: str, currency: str) -> str:
    """ "25 000 FCFA", "38,11 €", with the spaces French has inside numbers and before units."""
    digits = f"{Decimal(value):,.{DECIMALS.get(currency, 2)}f}".replace(",", "\u202f").replace(".", ",")
    return f"{digits}\u00a0{SYMBOLS.get(currency, currency)}"


@blueprint.get("/")
def index() -> str:
    """What this is and where to go."""
    return render_template("index.html", waiting=len(_waiting()), settings=settings())


@blueprint.get("/checkoutnow")
def checkout() -> tuple[str, int]:
    """PayPal's page: pay or go back."""
    order = paypal.find_order(request.args.get("token", ""))
    status = 200 if order else 404
    return render_template("checkout.html", order=order, payable=order and order["status"] in PAYABLE), status


@blueprint.post("/checkoutnow")
def checkout_decision() -> AnyResponse:
    """The payer's choice, and the way back to the shop."""
    order_id = request.form.get("token", "")
    order = paypal.find_order(order_id)
    if order is None or order["status"] not in PAYABLE or not order["experience"]:
        return redirect(url_for("pages.checkout", token=order_id), 303)
    if request.form.get("action") == "pay" and paypal.approve(order_id):
        return redirect(with_parameters(order["experience"]["return_url"], token=order_id, PayerID=PAYER_ID), 303)
    return redirect(with_parameters(order["experience"]["cancel_url"], token=order_id), 303)


@blueprint.get("/phone/")
def phones() -> str | AnyResponse:
    """Choose a telephone."""
    digits = re.sub(r"\D", "", request.args.get("number", ""))
    if digits:
        return redirect(url_for("pages.phone", msisdn=digits), 303)
    waiting: dict[str, int] = {}
    for document in _waiting().values():
        waiting[document["msisdn"]] = waiting.get(document["msisdn"], 0) + 1
    return render_template("phones.html", waiting=waiting)


@blueprint.get("/phone/<msisdn>")
def phone(msisdn: str) -> str:
    """One telephone and the payments it is asked to approve."""
    message = DECISIONS.get(request.args.get("done", ""), ("", "", ""))[2]
    return render_template(
        "phone.html",
        msisdn=msisdn,
        requests=_waiting(msisdn).items(),
        message=message,
        error=request.args.get("error", ""),
    )


@blueprint.post("/phone/<msisdn>")
def phone_decision(msisdn: str) -> AnyResponse:
    """Approve with any PIN, or refuse."""
    action, reference = request.form.get("action", ""), request.form.get("reference", "")
    own = _waiting(msisdn)
    if action not in DECISIONS or reference not in own:
        return redirect(url_for("pages.phone", msisdn=msisdn, error="gone"), 303)
    if action == "approve" and not re.fullmatch(r"\d{4,5}", request.form.get("pin", "")):
        return redirect(url_for("pages.phone", msisdn=msisdn, error="pin"), 303)
    if own[reference].get("operator") == MOOV:
        moov.decide(reference, MOOV_CODES[action])
    else:
        status, reason, _ = DECISIONS[action]
        requests_to_pay().decide_open(reference, status, reason)
    return redirect(url_for("pages.phone", msisdn=msisdn, done=action), 303)


def _waiting(msisdn: str = "") -> dict[str, Document]:
    """What a telephone, or all, are asked to approve: MTN's requests and Moov's."""
    pushes = [(push_id, _as_request(push)) for push_id, push in moov.waiting(msisdn)]
    return dict([*requests_to_pay().waiting(msisdn), *pushes])


def _as_request(push: Document) -> Document:
    """A push in the words of MTN's requests, for one page."""
    return {
        "operator": MOOV,
        "msisdn": push["msisdn"].removeprefix("+"),
        "amount": push["amount"],
        "currency": "XOF",
        "payerMessage": push["message"],
        "payeeNote": push["externaldata2"],
    }


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """None, so that browsers do not log an error."""
    return Response(status=204)


def with_parameters(url: str, **parameters: str) -> str:
    """A URL with parameters added to those it has."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *parameters.items()])
    return urlunsplit(parts._replace(query=query))
