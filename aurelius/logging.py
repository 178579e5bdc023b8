"""Logs: one JSON object per line, with the id of what is being worked on and without anybody's personal data.

They go to a file in the data folder and to stderr (on a terminal: only what needs attention, in words). Everything
that uses the standard library's logging comes the same way.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

FILE = "aurelius.log"
FILE_BYTES = 5_000_000
FILES = 3
DEEP = 6  # how far into a nested value we look; what is deeper is left out
QUIET = ("uvicorn.error", "uvicorn.access", "dbos", "alembic", "apscheduler", "httpx2", "httpx", "asyncio")

HIDDEN = "[hidden]"
PRIVATE_KEYS = re.compile(
    r"(^|_)(text|body|content|words|arguments|values|token|secret|password|authorization|cookie|api_key|key|email|phone)$"
)
MASKS = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "[email]"),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), HIDDEN),  # a password in an address
    (re.compile(r"\b(sk-|xox[a-z]-|xapp-|ghp_|github_pat_|ya29\.)[\w.-]{6,}"), "[token]"),
    (re.compile(r"(?<!\d)\d{6,}:[\w-]{30,}"), "[token]"),  # Telegram's form
    (re.compile(r"(?i)\b(bearer|basic) [\w.~+/=-]{8,}"), "[token]"),
    (re.compile(r"(?<=code=)[\w-]{8,}"), "[token]"),  # a sign-in link
    (re.compile(r"(?<![\w.])(\+|00)\d[\d ()/-]{6,}\d|\(?\b\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b"), "[phone]"),
)


def mask(text: str) -> str:
    """The text without mail addresses, phone numbers, tokens and passwords."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: hides private keys and masks every other text, the traceback's included."""
    return {key: _masked(key, value, DEEP) for key, value in event.items()}


def _masked(key: str, value: Any, depth: int) -> Any:
    if PRIVATE_KEYS.search(key.lower()):
        return HIDDEN
    if isinstance(value, int | float | bool | None):
        return value
    if depth == 0:
        return HIDDEN
    if isinstance(value, dict):
        return {str(k): _masked(str(k), v, depth - 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", item, depth - 1) for item in value]
    return mask(str(value))


@contextmanager
def correlated(id: str) -> Iterator[None]:
    """Every line logged inside carries this id, whichever task it comes from."""
    with structlog.contextvars.bound_contextvars(correlation=id):
        yield


def set_up(level: str, folder: Path | None = None) -> None:
    """Start logging. `folder`: where the file goes; None: to stderr only."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    as_json = _formatter(shared, structlog.processors.JSONRenderer(default=str))
    handlers: list[logging.Handler] = [_to_stderr(as_json, shared, with_file=folder is not None)]
    if folder is not None:
        handlers.append(_to_file(folder, as_json))
    logging.basicConfig(handlers=handlers, level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(shared: list[Any], render: Any) -> logging.Formatter:
    finish = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, render]
    formatter: logging.Formatter = structlog.stdlib.ProcessorFormatter(
        processors=finish, foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared]
    )
    return formatter


def _to_stderr(as_json: logging.Formatter, shared: list[Any], *, with_file: bool) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    if sys.stderr.isatty():
        handler.setFormatter(_formatter(shared, structlog.dev.ConsoleRenderer()))
        handler.setLevel(logging.WARNING if with_file else logging.NOTSET)
    else:
        handler.setFormatter(as_json)
    return handler


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A log file that only its owner can read, also after it was rotated."""

    def _open(self) -> Any:
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_WRONLY, 0o600))
        return super()._open()


def _to_file(folder: Path, formatter: logging.Formatter) -> logging.Handler:
    handler = _PrivateFile(folder / FILE, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8")
    handler.setFormatter(formatter)
    return handler
