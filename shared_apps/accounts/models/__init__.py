"""Accounts, in the schema they belong to: the same address may exist in two tenants with two passwords."""

from __future__ import annotations

from shared_apps.accounts.models.codes import EmailCode, OneTimeCode
from shared_apps.accounts.models.factors import SecondFactor
from shared_apps.accounts.models.people import Consent, Follow, IdentityCheck
from shared_apps.accounts.models.rules import AccountRules, SignInProvider
from shared_apps.accounts.models.sessions import ApiSession, HandoverUse, LoginAttempt
from shared_apps.accounts.models.users import SpokenLanguage, User

__all__ = [
    "AccountRules",
    "ApiSession",
    "Consent",
    "EmailCode",
    "Follow",
    "HandoverUse",
    "IdentityCheck",
    "LoginAttempt",
    "OneTimeCode",
    "SecondFactor",
    "SignInProvider",
    "SpokenLanguage",
    "User",
]
