"""Prompts are files beside the skill that uses them; `{{name}}` are their holes."""

from __future__ import annotations

import re
from pathlib import Path

HOLE = re.compile(r"\{\{([a-z_]+)\}\}")


def prompt(path: Path, **values: str) -> str:
    """The file's text, every hole filled. Raises KeyError for a hole without a value and a value without a hole."""
    text = path.read_text(encoding="utf-8").strip()
    unused = set(values) - set(HOLE.findall(text))
    if unused:
        raise KeyError(f"{path.name} has no hole for {', '.join(sorted(unused))}")
    return HOLE.sub(lambda hole: values[hole[1]], text)
