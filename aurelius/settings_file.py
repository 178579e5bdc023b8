"""Reads a `.env` file: strictly, so that a slip of the pen is named with its line and never silently ignored."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from aurelius.trouble import Trouble

BYTES = 1_000_000


class SettingsError(Trouble):
    """The settings cannot be used; the message says where and what to do."""


def read_settings_file(path: Path) -> dict[str, str]:
    """NAME -> value; empty when there is no such file. Raises SettingsError for one that is unreadable or malformed."""
    from dotenv.parser import parse_stream

    try:
        if not path.exists():
            return {}
        if path.stat().st_size > BYTES:
            raise SettingsError(f"{path} is larger than a settings file can be. Is it the right file?")
        with path.open(encoding="utf-8-sig") as stream:
            bindings = list(parse_stream(stream))
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text. Save it as plain text, one NAME=value per line.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}). Give yourself access or remove it.") from None
    values = {}
    for binding in bindings:
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.line + _blank_lines_before(binding.original.string)
            raise SettingsError(f"{path}, line {line} is not NAME=value. Correct it, or put a # in front of it.")
        if binding.key is not None:
            values[binding.key] = binding.value or ""
    return values


def write_setting(path: Path, name: str, value: str) -> None:
    """Put NAME=value into the file in place of an earlier one; nobody but its owner can read the file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if line.partition("=")[0].strip() != name]
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".env.")  # made with mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write("\n".join([*kept, f"{name}='{quoted}'"]) + "\n")
    Path(fresh).replace(path)


def _blank_lines_before(text: str) -> int:
    """A statement's text begins with the blank lines above it."""
    return len(text[: len(text) - len(text.lstrip())].splitlines()) if text.strip() else 0
