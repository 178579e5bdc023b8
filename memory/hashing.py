"""Secrets are stored as hashes: whoever reads the database cannot sign in with what stands there."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """256 unguessable bits, safe in an address and a cookie."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
