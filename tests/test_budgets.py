"""The budgets that keep the code small enough to be read: a change that breaks one fails the build."""

from __future__ import annotations

import ast
import io
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "adapters", "skills", "memory", "scheduler", "web_oauth", "aurelius", "lab")
FILE_LINES = 400
FUNCTION_LINES = 40
MIND_LINES = 2_500  # of code that decides, in bot/
FACULTY_LINES = 800  # of code in a folder of bot/ (ADR 13)
WORDS_LINES = 1_100  # of code that only declares: types, records, ports
WORDS = "people message action trigger suggestion trust model records repositories ports shortcuts".split()
VAGUE = {
    "core",
    "util",
    "utils",
    "common",
    "service",
    "services",
    "helper",
    "helpers",
    "manager",
    "managers",
    "base",
    "misc",
}
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def sources() -> Iterator[Path]:
    for package in (*PACKAGES, "tests", "benchmarks"):
        yield from sorted((ROOT / package).rglob("*.py"))


@cache
def definitions() -> list[tuple[Path, ast.AST]]:
    """Every class and function of ours, with the file it is in."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ((path, node) for path in sources() for node in ast.walk(ast.parse(path.read_text())))
    return [(path, node) for path, node in nodes if isinstance(node, kinds)]


def code_lines(source: str) -> int:
    """Lines that do something: blank lines, comments and docstrings aside, so that explaining is never punished."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstring_lines(ast.parse(source)))


def docstring_lines(tree: ast.AST) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def test_no_file_is_longer_than_400_lines() -> None:
    shipped = [p for name in PACKAGES for kind in ("*.py", "*.js", "*.css") for p in (ROOT / name).rglob(kind)]
    files = {*shipped, *sources()}
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    too_long = {}
    for path, node in definitions():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                too_long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = length
    assert too_long == {}


def test_the_mind_stays_small_enough_to_be_read_in_an_afternoon() -> None:
    lines = {path: code_lines(path.read_text()) for path in (ROOT / "bot").glob("*.py")}
    words = sum(count for path, count in lines.items() if path.stem in WORDS)
    assert words <= WORDS_LINES
    assert sum(lines.values()) - words <= MIND_LINES
    faculties = {folder.name: _code_in(folder) for folder in (ROOT / "bot").iterdir() if folder.is_dir()}
    assert {name: count for name, count in faculties.items() if count > FACULTY_LINES} == {}


def _code_in(folder: Path) -> int:
    return sum(code_lines(path.read_text()) for path in folder.rglob("*.py"))


def test_explaining_is_not_counted() -> None:
    assert code_lines('"""What\nfor."""\n\n# why\nx = [\n    1,\n]\n\n\ndef f() -> None:\n    """Says."""\n') == 4


def test_a_name_says_what_is_in_it() -> None:
    vague = set()
    for path in sources():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if VAGUE & {word for part in parts for word in part.lower().strip("_").split("_")}:
            vague.add(str(path.relative_to(ROOT)))
    assert vague == set()


def test_no_class_is_a_manager() -> None:
    names = {
        node.name
        for _, node in definitions()
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Manager", "Helper", "Helpers", "Utils", "Base"))
    }
    assert names == set()


def test_no_function_is_too_branchy_and_no_wall_is_crossed() -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    linted = subprocess.run(
        [ruff, "check", "--select", "C901", *PACKAGES], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert linted.returncode == 0, linted.stdout
    walls = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert walls.returncode == 0, walls.stdout
