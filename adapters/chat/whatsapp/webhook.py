"""Whether a webhook really comes from Meta: its first question, and the signature of everything it delivers. Pure.

developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hashlib
import hmac

from bot.ports import Request, Response

PATH = "/webhooks/whatsapp"
SIGNATURE = "x-hub-signature-256"


def challenged(request: Request, verify_token: str | None) -> Response:
    """The challenge back to who knows our verify token, 403 for everybody else."""
    query = request.query
    said = query.get("hub.verify_token", "").encode()
    knows = verify_token is not None and hmac.compare_digest(said, verify_token.encode())
    if query.get("hub.mode") != "subscribe" or not knows:
        return Response(status=403)
    challenge = query.get("hub.challenge", "")
    return Response(status=200, body=challenge.encode(), headers={"content-type": "text/plain; charset=utf-8"})


def signed(request: Request, app_secret: str | None) -> bool:
    """Over the body as it came, with the app's secret; without one nothing is believed."""
    if app_secret is None:
        return False
    right = "sha256=" + hmac.new(app_secret.encode(), request.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(request.headers.get(SIGNATURE, "").encode(), right.encode())
