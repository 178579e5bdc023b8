"""Without a code: print a fresh link to sign in with. With the code that a chat showed: tie that account to you."""

from __future__ import annotations

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("code", nargs="?", metavar="CODE", help="8 characters, as shown in the chat")
    chosen = parser.parse_args(argv)
    running = instance.running(read_settings().data_dir)
    if chosen.code is None:
        print(running.ask("/local/sign-in-links", {})["url"])
    else:
        print(running.ask("/local/link-codes/redeem", {"code": chosen.code})["text"])
    return 0
