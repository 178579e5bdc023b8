"""The few column types that all tables share: ids, words, JSON, moments."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import JSONB

NO_ID = str(uuid.UUID(int=0))


def clean(text: str) -> str:
    """The text without what PostgreSQL cannot keep: NUL characters and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def dumps(value: Any) -> str:
    """JSON that PostgreSQL takes, whatever a stranger wrote into it."""
    text = json.dumps(value, separators=(",", ":"))
    if "\\u0000" in text or "\\ud" in text:  # a lone surrogate is escaped as \ud8xx to \udfxx
        text = json.dumps(_clean(value), separators=(",", ":"))
    return text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class Id(TypeDecorator[str]):
    """A UUID that is text in Python. A text that is no id (a task's title, say) is looked up as one that never is."""

    impl = Uuid
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(as_uuid=False)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or is_id(value) else NO_ID


class Words(TypeDecorator[str]):
    """Text from people: anything they can type, nothing that breaks the row."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


Moment = DateTime(timezone=True)
Json = JSONB(none_as_null=True)
