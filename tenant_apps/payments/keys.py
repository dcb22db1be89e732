"""What each way to pay needs to be told: which keys, which of them are secrets, and where its addresses are.

A tenant never types an address: they are fixed here, by country where they differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings as django_settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenant_apps.payments.models import Method

Name = Method.Name
Text = str | Promise

# By Orange's own word for the country.
ORANGE_CURRENCIES = {"cm": "XAF", "ci": "XOF", "sn": "XOF", "ml": "XOF", "bf": "XOF", "gn": "GNF"}


@dataclass(frozen=True, slots=True)
class MtnMarket:
    """One of MTN's target environments: its currency, and whose numbers it charges."""

    currency: str
    region: str


MTN_MARKETS = {
    "mtncameroon": MtnMarket("XAF", "CM"),
    "mtncongo": MtnMarket("XAF", "CG"),
    "mtnivorycoast": MtnMarket("XOF", "CI"),
    "mtnbenin": MtnMarket("XOF", "BJ"),
    "mtnguineaconakry": MtnMarket("GNF", "GN"),
}
MTN_SANDBOX = MtnMarket("EUR", "SE")
MTN_HOSTS = {"proxy": "https://proxy.momoapi.mtn.com", "africa": "https://momoapi.momo.africa"}
MOOV_ADDRESSES = {"bj": "https://apimarchand.moov-africa.bj/com.tlc.merchant.api/UssdPush"}
MOOV_REGIONS = {"bj": "BJ"}


@dataclass(frozen=True, slots=True)
class Key:
    """One thing to fill in. `name` is the setting's, or the secret's."""

    name: str
    label: Text
    is_secret: bool = False
    required: bool = True
    help_text: Text = ""
    choices: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """What is asked for to set a way to pay up. `where` says where the keys are found, `console` is that page."""

    about: Text
    keys: tuple[Key, ...] = ()
    where: Text = ""
    console: str = ""
    has_test: bool = False
    test_help: Text = ""
    has_webhook: bool = False  # whose address must be given to the provider
    icon: str = "wallet"


_COUNTRIES: dict[str, Text] = {
    "cm": _("Cameroon"), "ci": _("Côte d’Ivoire"), "sn": _("Senegal"), "ml": _("Mali"), "bf": _("Burkina Faso"),
    "gn": _("Guinea"), "bj": _("Benin"), "cg": _("Congo"),
}  # fmt: skip

SETUPS: dict[str, Setup] = {
    Name.ORANGE_MONEY: Setup(
        about=_("Customers confirm on Orange’s page with their number and a code."),
        where=_("Open Orange Developer, “My apps”, then the app with Orange Money Web Payment. The merchant key comes by mail when Orange accepts your contract."),
        console="https://developer.orange.com/myapps",
        keys=(
            Key("country", _("Country"), choices=tuple((code, _COUNTRIES[code]) for code in ORANGE_CURRENCIES)),
            Key("client_id", _("Client ID")),
            Key("client_secret", _("Client secret"), is_secret=True),
            Key("merchant_key", _("Merchant key"), is_secret=True),
        ),
        has_test=True,
        test_help=_("Orange’s sandbox: no real money moves."),
        icon="smartphone",
    ),
    Name.WAVE: Setup(
        about=_("Customers confirm in the Wave app. Amounts in FCFA of West Africa."),
        where=_("Open the Wave business portal, “Developer”. Make an API key with the Checkout permission, then a webhook with the address below and take its secret."),
        console="https://business.wave.com/dev-portal",
        keys=(
            Key("api_key", _("API key"), is_secret=True),
            Key("webhook_secret", _("Webhook secret"), is_secret=True, required=False,
                help_text=_("Without it Wave is asked a little later; nothing is lost.")),
        ),
        has_webhook=True,
        icon="smartphone",
    ),
    Name.MTN_MOMO: Setup(
        about=_("Customers get a request on their phone and enter their PIN."),
        where=_("Open MTN’s partner portal of your country. Subscribe to Collection; for refunds also to Disbursement. Each has its own keys."),
        console="https://momodeveloper.mtn.com/",
        keys=(
            Key("target_environment", _("Country"), choices=(
                ("mtncameroon", _COUNTRIES["cm"]), ("mtncongo", _COUNTRIES["cg"]), ("mtnivorycoast", _COUNTRIES["ci"]),
                ("mtnbenin", _COUNTRIES["bj"]), ("mtnguineaconakry", _COUNTRIES["gn"]),
            )),
            Key("platform", _("MTN’s platform"), choices=(("proxy", "proxy.momoapi.mtn.com"), ("africa", "momoapi.momo.africa")),
                help_text=_("The letter with your keys names it.")),
            Key("user_id", _("API user")),
            Key("api_key", _("API key"), is_secret=True),
            Key("subscription_key", _("Subscription key of Collection"), is_secret=True),
            Key("disbursement_user_id", _("API user of Disbursement"), required=False,
                help_text=_("With all three keys of Disbursement, refunds are sent by MTN; without, you send them by hand.")),
            Key("disbursement_api_key", _("API key of Disbursement"), is_secret=True, required=False),
            Key("disbursement_subscription_key", _("Subscription key of Disbursement"), is_secret=True, required=False),
        ),
        has_test=True,
        test_help=_("MTN’s sandbox takes only euros: use it to test the keys, not payments in FCFA."),
        icon="smartphone",
    ),
    Name.MOOV: Setup(
        about=_("Customers get a request on their phone and enter their PIN."),
        where=_("Moov gives the token with the merchant contract. Ask your Moov adviser to allow our server’s address."),
        keys=(
            Key("country", _("Country"), choices=(("bj", _COUNTRIES["bj"]),)),
            Key("token", _("Token"), is_secret=True),
        ),
        icon="smartphone",
    ),
    Name.STRIPE: Setup(
        about=_("Customers pay by bank card on Stripe’s page."),
        where=_("Open Stripe, “Developers”, “API keys”, and make a restricted or secret key. Under “Webhooks” add the address below and take its signing secret."),
        console="https://dashboard.stripe.com/apikeys",
        keys=(
            Key("secret_key", _("Secret key"), is_secret=True, help_text=_("It begins with sk_ or rk_.")),
            Key("webhook_secret", _("Webhook signing secret"), is_secret=True, required=False,
                help_text=_("Without it Stripe is asked a little later; nothing is lost.")),
        ),
        has_test=True,
        test_help=_("Test keys only: cards are not charged. Switch this off to take real money."),
        has_webhook=True,
        icon="credit-card",
    ),
    Name.PAYPAL: Setup(
        about=_("Customers pay on PayPal’s page. FCFA are charged in euros at the fixed parity."),
        where=_("Open PayPal Developer, “Apps & Credentials”. The merchant ID is in your PayPal account, under business information. Add a webhook with the address below and take its ID."),
        console="https://developer.paypal.com/dashboard/applications",
        keys=(
            Key("client_id", _("Client ID")),
            Key("client_secret", _("Secret"), is_secret=True),
            Key("merchant_id", _("Merchant ID")),
            Key("webhook_id", _("Webhook ID"), required=False,
                help_text=_("Without it PayPal is asked a little later; nothing is lost.")),
        ),
        has_test=True,
        test_help=_("PayPal’s sandbox, with its own keys: no real money moves."),
        has_webhook=True,
        icon="credit-card",
    ),
    Name.BANK_TRANSFER: Setup(
        about=_("Customers send money to your account and upload the proof. You check that it came."),
        keys=(
            Key("bank_name", _("Bank")),
            Key("account_name", _("Account holder")),
            Key("iban", _("IBAN"), required=False, help_text=_("An IBAN or an account number is needed.")),
            Key("account_number", _("Account number"), required=False),
            Key("swift", _("SWIFT code"), required=False),
            Key("branch", _("Branch"), required=False),
        ),
        icon="landmark",
    ),
    Name.CASH: Setup(about=_("Customers pay in cash, at the counter or on delivery. You enter what you receive."), icon="wallet"),
}  # fmt: skip

assert set(SETUPS) == set(Method.Name.values)


def secret_names(name: str) -> frozenset[str]:
    """The names of a way's secrets."""
    return frozenset(key.name for key in SETUPS[name].keys if key.is_secret)


def address_of(method: Method) -> str:
    """Where the provider of a way to pay answers now, "" where there is none to ask. Frozen on each payment."""
    if is_simulated(method.name):
        return str(django_settings.TENANT_PAYMENT_ADDRESSES[method.name])
    if method.name == Name.PAYPAL:
        return "https://api-m.sandbox.paypal.com" if method.is_test else "https://api-m.paypal.com"
    if method.name == Name.MTN_MOMO:
        if method.is_test:
            return "https://sandbox.momodeveloper.mtn.com"
        return MTN_HOSTS.get(method.settings.get("platform", ""), MTN_HOSTS["proxy"])
    if method.name == Name.MOOV:
        return MOOV_ADDRESSES.get(method.settings.get("country", ""), "")
    return _FIXED.get(method.name, "")


def is_simulated(name: str) -> bool:
    """Whether a simulator stands for the provider, as on a developer's machine: nothing real moves whatever the keys."""
    return name in django_settings.TENANT_PAYMENT_ADDRESSES


_FIXED: dict[str, str] = {
    Name.STRIPE: "https://api.stripe.com",
    Name.WAVE: "https://api.wave.com",
    Name.ORANGE_MONEY: "https://api.orange.com",
}


def region_of(method: Method) -> str:
    """The country whose numbers a way to pay charges ("CM"); "" where it asks for none."""
    if method.name == Name.MTN_MOMO:
        return market_of(method).region
    if method.name == Name.MOOV:
        return MOOV_REGIONS.get(method.settings.get("country", ""), "")
    return ""


def market_of(method: Method) -> MtnMarket:
    """MTN's market behind a row's settings; raises KeyError where none was chosen."""
    return MTN_SANDBOX if in_mtn_sandbox(method) else MTN_MARKETS[method.settings["target_environment"]]


def in_mtn_sandbox(method: Method) -> bool:
    """Whether MTN's own sandbox is asked, which knows euros alone. A simulator plays every market."""
    return method.is_test and not is_simulated(method.name)
