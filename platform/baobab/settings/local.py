"""`make run`: everything on this machine, providers played by the payment simulator, mail in files."""

from __future__ import annotations

from baobab.settings.base import *  # noqa: F403
from baobab.settings.base import (
    BASE_DIR,
    PAYMENT_FORM_ACTIONS,
    PLATFORM_HOST,
    PLATFORM_PORT,
    SUPPORT_EMAIL,
    TENANT_FORM_ACTIONS,
    env,
)

DEBUG = env.flag("DEBUG", default=False)
STYLEGUIDE = True
STATIC_ROOT = BASE_DIR / ".data" / "static"
EMAIL_BACKEND = "shared_apps.notifications.backends.EmlFileBackend"
MAIL_DIR = env.text("MAIL_DIR", str(BASE_DIR / ".data" / "mail"))

SMS_PROVIDER = "shared_apps.notifications.sms.FileSms"
# The demonstration's admin has only a password.
ADMINS_NEED_SECOND_FACTOR = env.flag("ADMINS_NEED_SECOND_FACTOR", default=False)

PAYMENT_SIMULATOR_URL = env.text("PAYMENT_SIMULATOR_URL", "http://127.0.0.1:8090")
PAYMENT_FORM_ACTIONS = [*PAYMENT_FORM_ACTIONS, PAYMENT_SIMULATOR_URL]
TENANT_FORM_ACTIONS = [*TENANT_FORM_ACTIONS, PAYMENT_SIMULATOR_URL]
TENANT_PAYMENT_ADDRESSES = {
    "paypal": PAYMENT_SIMULATOR_URL,
    "mtn_momo": PAYMENT_SIMULATOR_URL,
    "stripe": f"{PAYMENT_SIMULATOR_URL}/stripe",
    "wave": f"{PAYMENT_SIMULATOR_URL}/wave",
    "orange_money": f"{PAYMENT_SIMULATOR_URL}/orange",
    "moov": f"{PAYMENT_SIMULATOR_URL}/moov/com.tlc.merchant.api/UssdPush",
}
PAYPAL = {
    "base_url": PAYMENT_SIMULATOR_URL,
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "webhook_id": "WH-DEMO",
    "merchant_id": "DEMOMERCHANT1",
}
MOMO = {
    "base_url": PAYMENT_SIMULATOR_URL,
    "subscription_key": "demo-collection-key",
    "user_id": "6f1c1f0e-5a55-4c0e-9a53-0a8f6c9b3c11",
    "api_key": "demo-api-key",
    "target_environment": "mtncameroon",
    "currency": "XAF",
    "disbursement_subscription_key": "demo-disbursement-key",
    "disbursement_user_id": "7a2d9b64-3c1e-4f8a-8b46-2b3c4d5e6f70",
    "disbursement_api_key": "demo-disbursement-api-key",
}
MOMO_CALLBACKS = True
BANK = {
    "bank_name": "Banque de démonstration",
    "account_name": "Baobab SAS",
    "account_number": "10005 00001 01234567890 18",
    "iban": "CM2110005000010123456789018",
    "swift": "DEMOCMCX",
    "branch": "Douala Bonanjo",
}
SELLER = {
    "name": "Baobab SAS",
    "legal": "SAS au capital de 10\u202f000\u202f000\u00a0FCFA",
    "address": ["Rue de démonstration", "BP 1234 Douala"],
    "country": "CM",
    "email": SUPPORT_EMAIL,
    "phone": "+237\u00a06\u00a000\u00a000\u00a000\u00a000",
    "tax_numbers": [["NIU", "M000000000000A"], ["RCCM", "RC/DLA/2026/B/0000"]],
}
TENANT_DEMO_KEYS = {
    "mtn_momo": {
        **{key: text for key, text in MOMO.items() if key not in ("base_url", "currency")},
        "platform": "africa",
    },
    "orange_money": {
        "country": "cm",
        "client_id": "orange-client",
        "client_secret": "orange-secret",
        "merchant_key": "orange-merchant-key",
    },
    "wave": {"api_key": "wave_sn_simulator", "webhook_secret": "wave_sn_WHS_simulator"},
    "moov": {"country": "bj", "token": "moov-opaque-token"},
    "stripe": {"secret_key": "sk_test_simulator", "webhook_secret": "whsec_simulator"},
    "paypal": {key: text for key, text in PAYPAL.items() if key != "base_url"},
    "bank_transfer": {"bank_name": BANK["bank_name"], "account_name": "Wouri", "iban": BANK["iban"]},
    "cash": {},
}
# One's own machine stands in one's own network.
OUTBOUND_PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]
# Where the simulator sends its webhooks: itself on this machine, like the real providers from outside.
WEBHOOK_BASE_URL = f"http://{PLATFORM_HOST}:{PLATFORM_PORT or 8000}"
