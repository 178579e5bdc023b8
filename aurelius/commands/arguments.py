"""What the commands' argument parsers have in common."""

from __future__ import annotations

import argparse
import sys

from aurelius.settings import Settings, load


def parser_of(module: str, about: str | None) -> argparse.ArgumentParser:
    """A parser named after the command's module, that explains itself with the module's docstring."""
    name = module.rpartition(".")[2].replace("_", "-")
    return argparse.ArgumentParser(prog=f"aurelius {name}", description=about)


def read_settings() -> Settings:
    """The settings in force, after saying what in them was not understood. Raises Trouble."""
    settings, warnings = load()
    for warning in warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    return settings
