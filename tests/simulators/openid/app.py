"""What Google and Facebook say over HTTP: OpenID Connect with RS256 and PKCE, and Facebook's dialog and graph."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, abort, jsonify, redirect, request

CLIENT_ID, CLIENT_SECRET = "client-of-the-tenant", "s3cret-of-the-tenant"
ISSUER = "https://accounts.google.com"
Json = dict[str, Any]


def make_app() -> Flask:  # noqa: C901 — one short function an address
    """A simulator with nobody in it."""
    app = Flask(__name__)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    state: Json = {"person": {}, "refuse": False, "codes": {}, "tokens": {}, "audience": CLIENT_ID}

    @app.post("/_control/person")
    def person() -> Response:
        given = request.get_json()
        state.update(
            person=given["person"], refuse=given.get("refuse", False), audience=given.get("audience", CLIENT_ID)
        )
        return jsonify({})

    @app.get("/google/authorize")
    @app.get("/facebook/dialog")
    def authorize() -> Any:
        # Google is asked with PKCE; of Facebook's requests, allauth's have none.
        with_pkce = request.args.get("code_challenge_method") == "S256"
        if request.args["client_id"] != CLIENT_ID or with_pkce != request.path.startswith("/google"):
            abort(400)
        answer = {"state": request.args["state"]}
        if state["refuse"]:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(16)
            state["codes"][answer["code"]] = dict(request.args)
        return redirect(f"{request.args['redirect_uri']}?{urlencode(answer)}")

    def redeem(given: Any) -> str:
        asked = state["codes"].pop(given.get("code"), None)
        if asked is None or not _may_redeem(asked, given):
            abort(400)
        token = secrets.token_urlsafe(16)
        state["tokens"][token] = state["person"]
        return token

    @app.post("/google/token")
    def google_token() -> Response:
        token = redeem(request.form)
        claims = {"iss": ISSUER, "aud": state["audience"], "iat": int(time.time()), "exp": int(time.time()) + 300}
        signed = jwt.encode({**claims, **state["person"]}, key, algorithm="RS256", headers={"kid": "k1"})
        return jsonify({"access_token": token, "id_token": signed, "expires_in": 300, "token_type": "Bearer"})

    @app.get("/facebook/token")
    def facebook_token() -> Response:
        return jsonify({"access_token": redeem(request.args), "expires_in": 300, "token_type": "bearer"})

    @app.get("/facebook/me")
    def facebook_me() -> Response:
        token = request.args["access_token"]
        proof = hmac.new(CLIENT_SECRET.encode(), token.encode(), "sha256").hexdigest()
        if request.args.get("appsecret_proof") != proof or token not in state["tokens"]:
            abort(400)
        return jsonify(state["tokens"][token])

    return app


def _may_redeem(asked: Json, given: Any) -> bool:
    if given.get("client_secret") != CLIENT_SECRET or given.get("redirect_uri") != asked["redirect_uri"]:
        return False
    verifier = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
    return asked.get("code_challenge", challenge) == challenge
