"""Identifiers: UUIDv7 (RFC 9562), sorted by the time they were made; made in Python, never by the database."""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A fresh UUIDv7 as text; within one process each is greater than the one before."""
    global _last
    with _lock:
        # 48 bits of milliseconds, then 12 bits of sub-millisecond counted on to stay monotonic (RFC 9562, 6.2).
        _last = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        stamp = _last
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
    value |= 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return str(uuid.UUID(int=value))


def derived_id(*parts: str) -> str:
    """The same id for the same parts, always: for rows that a repeated step must find again."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join(parts)))


def new_nonce() -> str:
    """128 unguessable bits, 22 characters, safe in a button and an address."""
    return secrets.token_urlsafe(16)
