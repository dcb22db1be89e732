"""Links that leave the shop: WhatsApp. Pure."""

from __future__ import annotations

from urllib.parse import urlencode


def whatsapp_share(text: str) -> str:
    """Opens WhatsApp with a text to send to anybody (https://faq.whatsapp.com/5913398998672934)."""
    return f"https://wa.me/?{urlencode({'text': text})}"


def whatsapp_ask(phone: str, text: str) -> str:
    """Opens a WhatsApp conversation with an E.164 number; empty when the shop has none."""
    return f"https://wa.me/{phone.lstrip('+')}?{urlencode({'text': text})}" if phone else ""
