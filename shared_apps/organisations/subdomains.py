"""Which names a workspace may have. Pure decisions: whether a name is taken is asked elsewhere.

A name is a DNS label (RFC 1035, 2.3.1) that cannot be mistaken for the platform's own hosts, for a well-known
brand, or for another workspace.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MIN_LENGTH = 3
MAX_LENGTH = 40
_VALID = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")

RESERVED = frozenset(
    [
        "about",
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "api",
        "app",
        "apps",
        "assets",
        "auth",
        "autoconfig",
        "autodiscover",
        "backup",
        "billing",
        "blog",
        "bounce",
        "broadcasthost",
        "cdn",
        "chat",
        "checkout",
        "cloud",
        "community",
        "contact",
        "customers",
        "dashboard",
        "db",
        "demo",
        "dev",
        "dns",
        "docs",
        "download",
        "downloads",
        "email",
        "events",
        "esxi",
        "faq",
        "files",
        "forum",
        "ftp",
        "git",
        "help",
        "home",
        "host",
        "hostmaster",
        "hq",
        "http",
        "https",
        "imap",
        "info",
        "internal",
        "intranet",
        "invoice",
        "invoices",
        "ip",
        "jobs",
        "legal",
        "local",
        "localhost",
        "localdomain",
        "login",
        "logout",
        "mail",
        "mailer",
        "mailer-daemon",
        "marketing",
        "media",
        "metrics",
        "mobile",
        "monitor",
        "mx",
        "mysql",
        "news",
        "newsletter",
        "no-reply",
        "noc",
        "noreply",
        "ns",
        "ns1",
        "ns2",
        "ns3",
        "ns4",
        "order",
        "orders",
        "owner",
        "pay",
        "payment",
        "payments",
        "paiement",
        "platform",
        "pop",
        "pop3",
        "portal",
        "postgres",
        "postmaster",
        "press",
        "pricing",
        "privacy",
        "prod",
        "production",
        "proxy",
        "public",
        "redis",
        "register",
        "root",
        "sale",
        "sales",
        "sandbox",
        "secure",
        "security",
        "server",
        "service",
        "services",
        "shop",
        "signup",
        "sip",
        "smtp",
        "sql",
        "ssh",
        "ssl",
        "staff",
        "staging",
        "static",
        "stats",
        "status",
        "store",
        "subdomain",
        "superuser",
        "support",
        "sys",
        "sysadmin",
        "system",
        "tarifs",
        "team",
        "terms",
        "test",
        "testing",
        "tls",
        "update",
        "upload",
        "uploads",
        "usenet",
        "user",
        "users",
        "uucp",
        "vpn",
        "web",
        "webmail",
        "webmaster",
        "webhook",
        "webhooks",
        "wildcard",
        "wpad",
        "www",
        "www1",
        "www2",
        "inscription",
        "connexion",
        "aide",
        "commande",
        "commandes",
        "baobab",
    ]
)
# Names that people trust with money: nobody may look like them.
PROTECTED = frozenset(
    [
        "paypal",
        "mtn",
        "momo",
        "mtnmomo",
        "mobilemoney",
        "orange",
        "orangemoney",
        "wave",
        "moov",
        "stripe",
        "visa",
        "mastercard",
        "google",
        "facebook",
        "whatsapp",
        "microsoft",
        "apple",
        "amazon",
        "ecobank",
        "bceao",
        "beac",
    ]
)
_LOOK_ALIKES = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SAME_LETTER = str.maketrans(
    {"0": "o", "1": "l", "i": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "-": None}
)


class BadSubdomain(ValueError):
    """Why a name cannot be used; `code` is one of: empty, letters, short, long, hyphens, punycode, reserved."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normalise(text: str) -> str:
    """What somebody typed, as it would stand in a host name: trimmed and in lower case."""
    return text.strip().lower()


def check(text: str) -> str:
    """Return the normalised name; raises BadSubdomain with the reason."""
    name = normalise(text)
    if not name:
        raise BadSubdomain("empty")
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise BadSubdomain("letters")
    if len(name) < MIN_LENGTH:
        raise BadSubdomain("short")
    if len(name) > MAX_LENGTH:
        raise BadSubdomain("long")
    if name.startswith("xn--"):
        raise BadSubdomain("punycode")
    if not _VALID.fullmatch(name) or "--" in name:
        raise BadSubdomain("hyphens")
    if is_reserved(name):
        raise BadSubdomain("reserved")
    return name


def skeleton(name: str) -> str:
    """What the eye sees: names with the same skeleton cannot be told apart at a glance (after Unicode TR 39)."""
    seen = name
    for pair, letter in _LOOK_ALIKES:
        seen = seen.replace(pair, letter)
    return seen.translate(_SAME_LETTER)


def is_reserved(name: str) -> bool:
    """The platform's own names, trusted brands, and everything that looks like one of them or has one as a part."""
    seen = skeleton(name)
    if name in RESERVED or seen in _RESERVED_SKELETONS:
        return True
    parts = {seen, *(skeleton(part) for part in name.split("-"))}
    return bool(parts & _PROTECTED_SKELETONS) or any(brand in seen for brand in _UNMISTAKABLE)


_RESERVED_SKELETONS = frozenset(skeleton(name) for name in RESERVED)
_PROTECTED_SKELETONS = frozenset(skeleton(name) for name in PROTECTED)
# These are no ordinary words: a name that contains one means the brand ("orange", "wave" and "visa" may mean others).
_UNMISTAKABLE = frozenset(
    skeleton(name)
    for name in ("paypal", "mobilemoney", "orangemoney", "mtnmomo", "mastercard", "facebook", "whatsapp", "ecobank")
)


def from_name(organisation_name: str) -> str:
    """A name made from an organisation's name: accents dropped, spaces to hyphens, cut to length."""
    plain = unicodedata.normalize("NFKD", organisation_name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_LENGTH].strip("-")


def suggestions(wanted: str) -> Iterator[str]:
    """Names close to the one wanted, best first, each valid by `check`; whether they are free is not known here."""
    for base in (from_name(wanted), "mon-organisation"):
        if is_reserved(base):
            continue  # "www-app" and "paypal-pro" would be as misleading as what was asked for
        for candidate in (base, *(f"{base[: MAX_LENGTH - 8].rstrip('-')}-{end}" for end in _ENDINGS)):
            try:
                yield check(candidate)
            except BadSubdomain:
                continue


_ENDINGS = ("app", "pro", "afrique", "en-ligne", "group", *(str(n) for n in range(2, 30)))
