"""The vault: encrypts what must not be readable at rest (AES-256-GCM), and knows the keys by their ids.

A sealed value is bound to its owner and name: copied to another row it cannot be opened.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_FILE = "secret-keys"


class Unreadable(Exception):
    """A secret cannot be opened: the key is missing, or the stored bytes were changed."""


class BadKeys(ValueError):
    """AURELIUS_SECRET_KEYS, or the key file, is not as it should be; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    key_id: str
    data: bytes  # nonce and ciphertext with its tag


class Vault:
    """`keys` is "id:base64,id2:base64", 32 bytes each; the first one encrypts, all decrypt. Raises BadKeys."""

    def __init__(self, keys: str) -> None:
        self._keys = dict(_parse(part.strip()) for part in keys.split(",") if part.strip())
        if not self._keys:
            raise BadKeys("AURELIUS_SECRET_KEYS must hold at least one key: id:base64")
        self.current = next(iter(self._keys))

    def seal(self, text: str, context: str) -> Sealed:
        """Encrypt; `context` says whose and what it is and must be the same when it is opened."""
        nonce = os.urandom(NONCE_BYTES)
        data = nonce + self._keys[self.current].encrypt(nonce, text.encode(), context.encode())
        return Sealed(key_id=self.current, data=data)

    def open(self, sealed: Sealed, context: str) -> str:
        """Decrypt. Raises Unreadable; never returns anything but what was sealed."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise Unreadable(f"the key {sealed.key_id!r} is not in AURELIUS_SECRET_KEYS")
        nonce, ciphertext = sealed.data[:NONCE_BYTES], sealed.data[NONCE_BYTES:]
        try:
            return key.decrypt(nonce, ciphertext, context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Unreadable("a stored secret was changed, or belongs to another key of the same id") from error


def _parse(part: str) -> tuple[str, AESGCM]:
    name, _, encoded = part.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadKeys(f"the secret key {name!r} is not base64") from error
    if not name or len(key) != KEY_BYTES:
        raise BadKeys(f"a secret key is written id:base64 and has {KEY_BYTES} bytes; {name!r} has {len(key)}")
    return name, AESGCM(key)


def new_key() -> str:
    """A fresh key as it stands in AURELIUS_SECRET_KEYS."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def keys_in(folder: Path) -> str:
    """The keys kept in the data folder, made once (readable by the owner alone): for when none are in the settings."""
    path = folder / KEY_FILE
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(fresh)  # whole or not at all, and only the first of two wins
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    return path.read_text().strip()


def open_vault(keys: str | None, folder: Path) -> Vault:
    """The vault with the keys from the settings, or else with those kept in the data folder. Raises BadKeys."""
    return Vault(keys or keys_in(folder))
