"""What it can do: every skill with its actions, and what of it waits for your approval."""

from __future__ import annotations

from aurelius.commands.arguments import parser_of, read_settings


def main(argv: list[str]) -> int:
    parser_of(__name__, __doc__).parse_args(argv)
    from skills.catalogue import BUILTIN
    from skills.manifest import load

    own = read_settings().skills_dir
    roots = [BUILTIN] if own is None else [BUILTIN, own]
    for path in sorted(path for root in roots for path in root.glob("*/skill.toml")):
        skill = load(path.parent)
        print(f"{skill.title} - {skill.about}")
        for spec in skill.specs:
            if not spec.action.internal:
                undo = ", can be undone" if spec.action.undoable else ""
                print(f"  {spec.action.id:<26} {spec.action.about}  ({spec.action.risk.name.lower()}{undo})")
    return 0
