"""The pages where payers pay shops and organisers: Stripe's, Wave's and Orange's, played by one plain page in French."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from tests.simulators.payments import orange, stripe, wave
from tests.simulators.payments.context import state
from tests.simulators.payments.pages import DECIMALS

NAMES = {"stripe": "Stripe", "wave": "Wave", "orange": "Orange Money"}
REFUSALS = {
    "stripe": "Simuler une carte refusée",
    "wave": "Simuler un solde insuffisant",
    "orange": "Simuler un solde insuffisant",
}

blueprint = Blueprint("pages_tenants", __name__)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a payer is shown, and where the two ways out lead."""

    amount: str
    currency: str
    label: str
    reference: str
    is_open: bool
    paid_url: str
    cancel_url: str


@blueprint.get("/pay/<provider>/<ref>")
def pay_page(provider: str, ref: str) -> tuple[str, int]:
    """Pay, be refused, or go back."""
    bill = _bill(provider, ref)
    page = render_template(
        "pay.html",
        bill=bill,
        name=NAMES.get(provider, ""),
        refusal=REFUSALS.get(provider, ""),
        refused=request.args.get("refused") == "1",
    )
    return page, 200 if bill else 404


@blueprint.post("/pay/<provider>/<ref>")
def pay_decision(provider: str, ref: str) -> AnyResponse:
    """The payer's choice, and the way back to the shop."""
    bill, action = _bill(provider, ref), request.form.get("action", "")
    here = url_for("pages_tenants.pay_page", provider=provider, ref=ref)
    if bill is None or not bill.is_open:
        return redirect(here, 303)
    if action == "pay":
        {"stripe": stripe.pay, "wave": wave.pay, "orange": lambda token: orange.decide(token, "SUCCESS")}[provider](ref)
        return redirect(bill.paid_url, 303)
    if action == "refuse" and provider == "stripe":
        return redirect(f"{here}?refused=1", 303)  # another card may follow
    if action == "refuse" and provider == "wave":
        wave.fail(ref, "insufficient-funds", over=False)
    elif provider == "orange":
        orange.decide(ref, "FAILED")
    return redirect(bill.cancel_url, 303)


def _bill(provider: str, ref: str) -> Bill | None:
    if provider == "stripe" and state().get("stripe_session", ref):
        session = stripe.represent(ref)
        currency = session["currency"].upper()
        amount = str(Decimal(session["amount_total"]).scaleb(-DECIMALS.get(currency, 2)))
        is_open = session["status"] == "open"
        ways_out = session["success_url"], session["cancel_url"] or session["success_url"]
        return Bill(amount, currency, session["name"], ref[-12:], is_open, *ways_out)
    if provider == "wave" and state().get("wave_session", ref):
        session = wave.represent(ref)
        is_open = session["checkout_status"] == "open"
        ways_out = session["success_url"], session["error_url"]
        return Bill(session["amount"], session["currency"], session["business_name"], ref[-12:], is_open, *ways_out)
    payment = orange.find(ref) if provider == "orange" else None
    if payment is None:
        return None
    is_open = payment["status"] not in orange.FINAL
    ways_out = payment["return_url"], payment["cancel_url"]
    label = payment.get("reference", "")
    return Bill(str(payment["amount"]), payment["currency"], label, payment["order_id"], is_open, *ways_out)
