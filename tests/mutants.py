"""Mutation testing of judgement and the state machine: `python -m tests.mutants` (or `make mutants`).

Each mutant is one small change of one of the two files. A forked child runs their tests against it; a mutant that no
test notices survives and is printed. Exit status 1 when fewer than 80 % are noticed.
"""

from __future__ import annotations

import ast
import importlib
import os
import resource
import sys
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {"bot.policy": "tests/test_judgement.py", "bot.suggestion": "tests/test_suggestion_states.py"}
ENOUGH = 0.8
TOO_LONG = 10  # seconds of processor time for one mutant; one that hangs is noticed
FLAGS = ("-x", "-q", "--noconftest", "-p", "no:cacheprovider", "-W", "ignore")
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`change` in the place of node number `node` of the module, in the order in which ast.walk meets them."""

    module: str
    node: int
    change: ast.AST
    words: str


def parsed(module: str) -> ast.Module:
    return ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module, one change each."""
    tree = parsed(module)
    enums = members(tree)
    classes = [item for item in tree.body if isinstance(item, ast.ClassDef)]
    flags = {part for item in classes for flag in item.decorator_list for part in ast.walk(flag)}  # frozen, slots
    for number, node in enumerate(ast.walk(tree)):
        for change in () if node in flags else changes(node, enums):
            words = f"{module}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}  ->  {ast.unparse(change)}"
            yield Mutant(module=module, node=number, change=change, words=words)


def members(tree: ast.Module) -> dict[str, list[str]]:
    """The names in each enum of the module, in their order."""
    classes = [item for item in tree.body if isinstance(item, ast.ClassDef)]
    enums = [item for item in classes if any("Enum" in ast.unparse(base) for base in item.bases)]
    return {
        item.name: [ast.unparse(line.targets[0]) for line in item.body if isinstance(line, ast.Assign)]
        for item in enums
    }


def changes(node: ast.AST, enums: dict[str, list[str]]) -> Iterator[ast.AST]:
    """What can be put in the place of a node."""
    match node:
        case ast.Constant(value=value):
            yield from (ast.Constant(value=other) for other in _other_constants(value))
        case ast.Attribute(value=ast.Name(id=name)) if node.attr in enums.get(name, ()):
            following = enums[name][(enums[name].index(node.attr) + 1) % len(enums[name])]
            yield ast.Attribute(value=node.value, attr=following, ctx=ast.Load())
        case ast.If():
            for test in (True, False):
                yield ast.If(test=ast.Constant(value=test), body=node.body, orelse=node.orelse)
        case ast.Return(value=ast.expr()) if ast.unparse(node) != "return None":
            yield ast.Return(value=ast.Constant(value=None))
        case ast.expr():
            yield from _other_expressions(node)


def _other_constants(value: object) -> tuple[float | bool, ...]:
    if isinstance(value, bool):
        return (not value,)
    return (value + 1, value - 1) if isinstance(value, int | float) else ()


def _other_expressions(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[op]):
            for other in COMPARISONS[type(op)]:
                yield ast.Compare(left=node.left, ops=[other()], comparators=node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(op=ast.Or() if isinstance(node.op, ast.And) else ast.And(), values=node.values)
            yield from node.values
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            yield ast.BinOp(left=node.left, op=ARITHMETIC[type(node.op)](), right=node.right)
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.Call(func=ast.Name(id="max" | "any" as name)):
            opposite = {"max": "min", "any": "all"}[name]
            yield ast.Call(func=ast.Name(id=opposite, ctx=ast.Load()), args=node.args, keywords=node.keywords)


def mutated(mutant: Mutant) -> ast.Module:
    tree = parsed(mutant.module)
    target = next(node for number, node in enumerate(ast.walk(tree)) if number == mutant.node)

    class Replacement(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return mutant.change if node is target else self.generic_visit(node)

    return typing.cast(ast.Module, ast.fix_missing_locations(Replacement().visit(tree)))


def verdicts(mutants: Sequence[Mutant | None], tests: Sequence[str]) -> list[bool]:
    """For each mutant (None: the file as it is) whether its tests fail; as many children at once as there are cores."""
    noticed = [False] * len(mutants)
    waiting, running = list(range(len(mutants)))[::-1], dict[int, int]()
    while waiting or running:
        if waiting and len(running) < (os.cpu_count() or 1):
            number = waiting.pop()
            child = os.fork()
            if child == 0:
                os._exit(run(mutants[number], tests[number]))
            running[child] = number
            continue
        child, status = os.wait()
        number = running.pop(child)
        noticed[number] = os.waitstatus_to_exitcode(status) != 0
        survivor = mutants[number]
        if survivor is not None and not noticed[number]:
            print(f"survived: {survivor.words}", flush=True)
    return noticed


def run(mutant: Mutant | None, tests: str) -> int:
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (TOO_LONG, TOO_LONG))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        if mutant is not None:
            plant(mutant)
        return int(pytest.main([tests, *FLAGS]))
    except BaseException:  # noqa: BLE001 - a mutant that cannot even be imported is noticed
        return 1


def plant(mutant: Mutant) -> None:
    """Put the mutant in the place of the real module, before any test imports it."""
    module = types.ModuleType(mutant.module)
    sys.modules[mutant.module] = module
    setattr(importlib.import_module("bot"), mutant.module.removeprefix("bot."), module)
    exec(compile(mutated(mutant), mutant.module, "exec"), module.__dict__)


def main() -> int:
    """Print the survivors and the score."""
    os.chdir(ROOT)
    for name in ("pytest", "hypothesis.strategies", "bot.action", "bot.people", "bot.trigger"):
        importlib.import_module(name)  # once here instead of in every child
    if any(verdicts([None] * len(TARGETS), list(TARGETS.values()))):
        print("The tests fail without any mutant.")
        return 1
    everyone = [mutant for module in TARGETS for mutant in mutants(module)]
    noticed = verdicts(everyone, [TARGETS[mutant.module] for mutant in everyone])
    score = sum(noticed) / len(noticed)
    print(f"{sum(noticed)} of {len(noticed)} mutants noticed: {score:.1%}")
    return 0 if score >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
