"""List what was given up on after several tries, and why; `redrive JOB` runs one again from its last completed step."""

from __future__ import annotations

import sys

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings

PATH = "/local/dead-letters"


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    wishes = parser.add_subparsers(dest="wish")
    wishes.add_parser("redrive", help="run one again").add_argument("job", metavar="JOB", help="as it is listed")
    chosen = parser.parse_args(argv)
    running = instance.running(read_settings().data_dir)
    if chosen.wish == "redrive":
        running.ask(PATH, {"job": chosen.job})
        print("It runs again.")
        return 0
    letters = running.ask(PATH)["letters"]
    for letter in letters:
        print(f"{letter['job']}  {letter['at'][:19]}  {letter['name']}: {letter['why']}")
    if not letters:
        print("Nothing was given up on.", file=sys.stderr)
    return 0
