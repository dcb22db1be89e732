"""Moov's merchant SOAP as its clients see it: a push with a PIN, its status, transfers back.

Unkind where Moov promises nothing: a push with a reference that is known already rings the phone a second time.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from flask import Blueprint, Response, request

from tests.simulators.payments.context import state
from tests.simulators.payments.faults import Fault, operation
from tests.simulators.payments.settings import MOOV_TOKEN

SOAP, MERCHANT = "http://schemas.xmlsoap.org/soap/envelope/", "http://api.merchant.tlc.com/"
PATH = "/moov/com.tlc.merchant.api/UssdPush"
WRAPPERS = {"PushWithPending": "result", "getTransactionStatusImmediate": "response", "transferFlooz": "return"}
OPERATIONS = {"PushWithPending": "push", "getTransactionStatusImmediate": "status", "transferFlooz": "transfer"}
DONE, PENDING, NOT_KNOWN, BAD_TOKEN, BAD_NUMBER, FAILED = "0", "100", "94", "98", "3", "95"
BENIN = re.compile(r"\+229\d{8,10}")
WINDOW = 300

blueprint = Blueprint("moov", __name__)
Document = dict[str, Any]


class Fault500(Exception):
    """What SOAP answers a request it cannot read."""


@blueprint.errorhandler(Fault500)
def fault(error: Fault500) -> Response:
    """A SOAP fault."""
    envelope = Element(f"{{{SOAP}}}Envelope")
    body = SubElement(SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    SubElement(body, "faultcode").text = "soap:Server"
    SubElement(body, "faultstring").text = str(error)
    return Response(tostring(envelope), status=500, mimetype="text/xml")


@blueprint.post(PATH)
def service() -> Response:
    """Read the envelope and hand it to the operation it names."""
    name, fields = _request()
    return _HANDLERS[name](name, fields)


def _request() -> tuple[str, dict[str, str]]:
    if request.mimetype != "text/xml" or "SOAPAction" not in request.headers:
        raise Fault500("not SOAP")
    try:
        envelope = fromstring(request.get_data(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise Fault500("For input string") from None
    body = envelope.find(f"{{{SOAP}}}Body")
    if envelope.tag != f"{{{SOAP}}}Envelope" or body is None or len(body) != 1:
        raise Fault500("no body")
    name = body[0].tag.removeprefix(f"{{{MERCHANT}}}")
    if name not in OPERATIONS:
        raise Fault500("Unexpected wrapper element")
    return name, {leaf.tag: leaf.text or "" for leaf in body[0].iter() if len(leaf) == 0}


def _refuse(planned: Fault) -> Response:
    name, _ = _request()
    if planned["kind"] == "issue":
        return _answer(name, status=planned["issue"], description="Simulé")
    return Response("", status=401)


def _distort(planned: Fault, document: Document) -> None:
    """Make a status untrue in the way the fault names."""
    kind = planned["kind"]
    if kind == "wrong_amount":
        document["amount"] = str(int(document.get("asked", "2")) - 1)
    elif kind == "padded_amount":
        document["amount"] = f"{document['asked']}.0"
    elif kind == "wrong_currency":  # Moov names no currency: only the amount can be nonsense
        document["amount"] = "many"
    elif kind in ("wrong_account", "wrong_reference"):
        document["transid"] = "SOMETHING-ELSE"
    elif kind == "unknown_status":
        document["status"] = "777"


def _read(data: bytes) -> Document:
    leaves = [leaf for leaf in fromstring(data).iter() if len(leaf) == 0]
    name = next(name for name, wrapper in WRAPPERS.items() if f"{name}Response".encode() in data)
    push = _push_of(next((leaf.text or "" for leaf in leaves if leaf.tag == "transid"), ""))
    return {**{leaf.tag: leaf.text or "" for leaf in leaves}, "asked": push.get("amount", ""), "operation": name}


def _write(document: Document) -> str:
    name = document.pop("operation")
    document.pop("asked")
    return _envelope(name, document)


def call(name: str) -> Any:
    """A Moov operation that is counted and can go wrong."""
    return operation("moov", name, refuse=_refuse, distort=_distort, read=_read, write=_write)


@call("push")
def push(name: str, fields: dict[str, str]) -> Response:
    """Ring the phone."""
    if fields.get("token") != MOOV_TOKEN:
        return _answer(name, status=BAD_TOKEN, description="Invalid token")
    if not BENIN.fullmatch(fields.get("msisdn", "")):
        return _answer(name, status=BAD_NUMBER, description="Number invalid")
    needed = ("message", "externaldata1", "fee")
    if not re.fullmatch(r"[1-9]\d{0,9}", fields.get("amount", "")) or any(field not in fields for field in needed):
        raise Fault500("For input string")
    wanted = ("msisdn", "message", "amount", "externaldata1", "externaldata2")
    document = {field: fields.get(field, "") for field in wanted}
    document |= {"status": PENDING, "description": "pending", "referenceid": "", "made_at": time.time()}
    state().put("moov_push", secrets.token_hex(8), document)
    return _answer(name, status=PENDING, description="pending")


@call("status")
def status(name: str, fields: dict[str, str]) -> Response:
    """What became of a push or a transfer."""
    if fields.get("token") != MOOV_TOKEN:
        return _answer(name, status=BAD_TOKEN, description="Invalid token")
    kinds = {"PUSH": _push_of, "TRANSFER": lambda reference: state().get("moov_transfer", reference) or {}}
    if fields.get("transactiontype") not in kinds or not fields.get("transid"):
        raise Fault500("For input string")
    found = kinds[fields["transactiontype"]](fields["transid"])
    if not found:
        return _answer(name, status=NOT_KNOWN, description="Transaction does not exist")
    shown = {"description": found["description"], "referenceid": found["referenceid"], "transid": fields["transid"]}
    return _answer(name, status=found["status"], **shown)


@call("transfer")
def transfer(name: str, fields: dict[str, str], forced_status: str = DONE) -> Response:
    """Send money from the merchant to a wallet; like the push, as often as it is asked."""
    if fields.get("token") != MOOV_TOKEN:
        return _answer(name, status=BAD_TOKEN, message="Invalid token")
    if not BENIN.fullmatch(fields.get("destination", "")) or not fields.get("referenceid"):
        return _answer(name, status=BAD_NUMBER, message="Number invalid")
    if not re.fullmatch(r"[1-9]\d{0,9}", fields.get("amount", "")):
        raise Fault500("For input string")
    earlier = state().get("moov_transfer", fields["referenceid"]) or {"sent": 0}
    document = {"amount": fields["amount"], "destination": fields["destination"], "sent": earlier["sent"] + 1}
    document |= {"status": forced_status, "description": "SUCCESS", "referenceid": f"0{secrets.randbelow(10**12)}"}
    state().put("moov_transfer", fields["referenceid"], document)
    shown = {"referenceid": document["referenceid"], "transactionid": fields["referenceid"]}
    return _answer(name, status=forced_status, message="SUCCESS", **shown)


_HANDLERS = {"PushWithPending": push, "getTransactionStatusImmediate": status, "transferFlooz": transfer}


def waiting(msisdn: str = "") -> list[tuple[str, Document]]:
    """Pushes a payer can decide now, of one number (digits only) or of all."""
    current = [(push_id, document) for push_id, document in state().all("moov_push") if _is_open(document)]
    return [(push_id, document) for push_id, document in current if not msisdn or document["msisdn"] == f"+{msisdn}"]


def decide(push_id: str, code: str, description: str = "") -> Document | None:
    """What becomes of a push, by its own id or its reference."""
    with state().lock:
        for known_id, document in state().all("moov_push"):
            if push_id in (known_id, document["externaldata1"]):
                done = {"referenceid": f"7{secrets.randbelow(10**15)}"} if code == DONE else {}
                document |= {"status": code, "description": description or ("SUCCESS" if code == DONE else ""), **done}
                state().put("moov_push", known_id, document)
                return document
    return None


def _is_open(document: Document) -> bool:
    return document["status"] == PENDING and document["made_at"] + WINDOW > time.time()


def _push_of(reference: str) -> Document:
    """The push of a reference, one that was approved before one that was not; {} when there is none."""
    pushes = [document for _, document in state().all("moov_push") if document["externaldata1"] == reference]
    done = [document for document in pushes if document["status"] == DONE]
    return (done or pushes or [{}])[-1]


def _answer(name: str, **fields: str) -> Response:
    return Response(_envelope(name, fields), mimetype="text/xml")


def _envelope(name: str, fields: Document) -> str:
    envelope = Element(f"{{{SOAP}}}Envelope")
    response = SubElement(SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{MERCHANT}}}{name}Response")
    result = SubElement(response, WRAPPERS[name])
    for field, value in fields.items():
        if value:
            SubElement(result, field).text = str(value)
    return tostring(envelope, encoding="unicode")
