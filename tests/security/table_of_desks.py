"""The part of the table about transfers, bank statements, providers and what they send: platform admins' work."""

from __future__ import annotations

from tests.security.rules import PLATFORM_ADMIN, Methods, act, form, page

DESKS: dict[str, Methods] = {
    "backoffice_transfers": page(PLATFORM_ADMIN),
    "backoffice_transfer": form(PLATFORM_ADMIN),
    "backoffice_transfer_decision": act(PLATFORM_ADMIN),
    "backoffice_receipt": page(PLATFORM_ADMIN),
    "backoffice_lines": page(PLATFORM_ADMIN),
    "backoffice_lines_certain": form(PLATFORM_ADMIN),
    "backoffice_line": form(PLATFORM_ADMIN),
    "backoffice_statements": form(PLATFORM_ADMIN),
    "backoffice_statement": form(PLATFORM_ADMIN),
    "backoffice_providers": page(PLATFORM_ADMIN),
    "backoffice_provider_check": act(PLATFORM_ADMIN),
    "backoffice_provider_switch": act(PLATFORM_ADMIN),
    "backoffice_provider_breaker": act(PLATFORM_ADMIN),
    "backoffice_webhooks": page(PLATFORM_ADMIN),
    "backoffice_webhooks_replay": act(PLATFORM_ADMIN, data={"provider": "mtn_momo"}),
    "backoffice_webhook": page(PLATFORM_ADMIN),
    "backoffice_webhook_replay": act(PLATFORM_ADMIN),
    "backoffice_reconciliation": page(PLATFORM_ADMIN),
    "backoffice_reconciliation_night": page(PLATFORM_ADMIN),
}
