"""Moov's merchant SOAP (Benin, version 1.2): requests built and answers read as XML, never as text.

One namespace for all operations, the token inside every body, and a status code in every answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from billing.providers import reasons
from billing.providers.base import ProviderUnavailable

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MERCHANT = "http://api.merchant.tlc.com/"
MAX_TEXT = 255

register_namespace("soapenv", SOAP)
register_namespace("api", MERCHANT)

Fields = dict[str, "str | Fields"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of an answer's result, by their names in lower case without namespace."""

    fields: dict[str, str]

    @property
    def status(self) -> str:
        """Moov's code: "0" is done, "100" is pending; "" when there is none."""
        return self.fields.get("status", "")

    @property
    def says_pending(self) -> bool:
        """True when the words say so, whatever the code: Moov sends 95, a failure, while the payer types the PIN."""
        return "pending" in f"{self.fields.get('description', '')} {self.fields.get('message', '')}".lower()


def request_of(operation: str, fields: Fields) -> bytes:
    """An operation in its envelope, as UTF-8. Values are escaped."""
    envelope = Element(f"{{{SOAP}}}Envelope")
    SubElement(envelope, f"{{{SOAP}}}Header")
    body = SubElement(envelope, f"{{{SOAP}}}Body")
    _add(SubElement(body, f"{{{MERCHANT}}}{operation}"), fields)
    return tostring(envelope, encoding="utf-8", xml_declaration=True)


def _add(parent: Element, fields: Fields) -> None:
    for name, value in fields.items():
        child = SubElement(parent, name)
        if isinstance(value, str):
            child.text = value
        else:
            _add(child, value)


def answer_of(text: str) -> Answer:
    """The result inside an answer. Raises ProviderUnavailable for what is none: no XML, a DTD, a fault, no status."""
    try:
        envelope = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "the answer is not XML that may be read") from None
    body = envelope.find(f"{{{SOAP}}}Body")
    if body is None or body.find(f"{{{SOAP}}}Fault") is not None:
        raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "a fault, or no SOAP at all")
    leaves = [element for element in body.iter() if len(element) == 0]
    fields = {_name(element): (element.text or "").strip()[:MAX_TEXT] for element in reversed(leaves)}
    answer = Answer(fields)
    if not answer.status:
        raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "an answer without status")
    return answer


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()
