"""What is configured, what is missing and how to get it, what is broken. Exit status 1 when something is broken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

from aurelius.checkup import Finding, Health, broken, look_everywhere
from aurelius.commands.arguments import parser_of
from aurelius.settings import load
from aurelius.settings_file import SettingsError

MARKS = {Health.OK: "ok     ", Health.MISSING: "missing", Health.BROKEN: "BROKEN "}


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("--json", action="store_true", help="for other programs")
    chosen = parser.parse_args(argv)
    findings = examine()
    print(json.dumps([asdict(found) for found in findings], indent=2) if chosen.json else as_table(findings))
    return 1 if any(found.health is Health.BROKEN for found in findings) else 0


def examine() -> Sequence[Finding]:
    from aurelius import logging

    logging.set_up("ERROR")
    try:
        settings, warnings = load()
    except SettingsError as error:
        return [broken("settings", str(error), "")]
    heard = Finding(
        name="settings",
        health=Health.MISSING if warnings else Health.OK,
        about=" ".join(warnings) or "understood",
        remedy="Correct the name or remove it." if warnings else "",
    )
    return [heard, *asyncio.run(look_everywhere(settings))]


def as_table(findings: Sequence[Finding]) -> str:
    width = max(len(found.name) for found in findings)
    lines = []
    for found in findings:
        about = found.about.replace("\n", "\n" + " " * (width + 11))
        lines.append(f"{MARKS[found.health]}  {found.name:<{width}}  {about}")
        if found.remedy:
            lines.append(f"{'':9}{'':<{width}}  -> {found.remedy}")
    return "\n".join(lines)
