"""Full-text search in PostgreSQL over any table with a `words` column."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table, func, or_

from memory.words import tsquery, unspaced


def matching(table: Table, query: str) -> ColumnElement[bool]:
    """Rows that have any of the query's words, or their other forms."""
    found: ColumnElement[bool] = table.c.words.bool_op("@@")(_query(query))
    return or_(found, *(table.c.text.icontains(term, autoescape=True) for term in unspaced(query)))


def rank(table: Table, query: str) -> ColumnElement[float]:
    """Greater is better: how many of the words, and how close together."""
    return func.ts_rank_cd(table.c.words, _query(query))


def _query(query: str) -> Any:
    return func.to_tsquery("simple", tsquery(query))
