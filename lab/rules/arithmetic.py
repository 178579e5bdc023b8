"""Small sums, worked out by a parser of our own that knows numbers and five signs."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

WORDS = (("divided by", "/"), ("multiplied by", "*"), ("times", "*"), ("plus", "+"), ("minus", "-"), ("over", "/"))
SIGNS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
LONGEST = 80  # characters: no deep nesting
BIGGEST = 1e15


def work_out(words: str) -> str | None:
    """ "12 times 3" -> "36"; None when it is no sum. Raises nothing: a division by zero is no sum either."""
    percent = re.fullmatch(r"([\d.]+) ?(?:%|percent) of ([\d.]+)", words.strip())
    if percent:
        words = f"{percent[1]} * {percent[2]} / 100"
    for word, sign in WORDS:
        words = words.replace(word, sign)
    words = words.replace("×", "*").replace("÷", "/").replace("^", "**").replace("x", "*").strip(" =?")
    if len(words) > LONGEST or not re.fullmatch(r"[\d\s.+*/()%-]*\d[\d\s.+*/()%-]*", words) or words.isdigit():
        return None
    try:
        found = _value(ast.parse(words, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if abs(found) > BIGGEST:
        return None
    return str(int(found)) if found == int(found) else f"{found:.6g}"


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        return SIGNS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("no sum")
