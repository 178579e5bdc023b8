"""The pages' colours can be read: text on its ground has a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3, level AA)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).parents[1] / "web_oauth/static/style.css").read_text()
PAIRS = [
    ("ink", "ground"),
    ("ink", "raised"),
    ("quiet", "ground"),
    ("quiet", "raised"),
    ("accent", "raised"),
    ("accent", "ground"),
    ("accent-ink", "accent"),
    ("mine-ink", "mine"),
    ("danger", "raised"),
    ("danger", "ground"),
    ("warn", "warn-soft"),
    ("ink", "warn-soft"),
    ("ink", "danger-soft"),
    ("ink", "accent-soft"),
]


def colours(theme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light if theme == "light" else dark))


def luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_on_its_ground(theme: str, text: str, ground: str) -> None:
    known = colours(theme)
    bright, dim = sorted((luminance(known[text]), luminance(known[ground])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5
