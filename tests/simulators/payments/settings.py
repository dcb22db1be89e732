"""What a simulator is started with. The credentials are public and open nothing but the simulator."""

from __future__ import annotations

from dataclasses import dataclass

PAYPAL_CLIENT_ID = "demo-client"
PAYPAL_CLIENT_SECRET = "demo-secret"
PAYPAL_MERCHANT_ID = "DEMOMERCHANT1"
PAYPAL_WEBHOOK_ID = "WH-DEMO"

MOMO_SUBSCRIPTION_KEY = "demo-collection-key"
MOMO_USER_ID = "6f1c1f0e-5a55-4c0e-9a53-0a8f6c9b3c11"
MOMO_API_KEY = "demo-api-key"
MOMO_DISBURSEMENT_SUBSCRIPTION_KEY = "demo-disbursement-key"
MOMO_DISBURSEMENT_USER_ID = "7a2d9b64-3c1e-4f8a-8b46-2b3c4d5e6f70"
MOMO_DISBURSEMENT_API_KEY = "demo-disbursement-api-key"

STRIPE_SECRET_KEY = "sk_test_simulator"
STRIPE_WEBHOOK_SECRET = "whsec_simulator"

WAVE_API_KEY = "wave_sn_simulator"
WAVE_WEBHOOK_SECRET = "wave_sn_WHS_simulator"
WAVE_OLD_WEBHOOK_SECRET = "wave_sn_WHS_before"

ORANGE_CLIENT_ID = "orange-client"
ORANGE_CLIENT_SECRET = "orange-secret"
ORANGE_MERCHANT_KEY = "orange-merchant-key"

MOOV_TOKEN = "moov-opaque-token"


@dataclass(slots=True)
class Settings:
    """Seconds, unless said otherwise. `public_url` is how browsers and the product reach the simulator."""

    public_url: str
    token_lifetime: int = 3600
    paypal_order_lifetime: float = 3 * 3600
    paypal_webhook_url: str = ""
    webhook_retry_delays: tuple[float, ...] = (0.5, 2, 5)
    momo_auto: float | None = None  # approve ordinary numbers by themselves after so long
    momo_delay: float = 25  # how long the delayed sandbox number takes
    momo_window: float = 300  # how long a payer may take to approve
    momo_callback_host: str = ""  # the host registered with the API user; "" takes this machine's names
