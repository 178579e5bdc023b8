"""Without a code: print a fresh link to sign in with. With the code that a chat showed: tie that account to you."""

from __future__ import annotations

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings
from aurelius.trouble import Trouble


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("code", nargs="?", metavar="CODE", help="8 characters, as shown in the chat")
    chosen = parser.parse_args(argv)
    running = instance.find(read_settings().data_dir)
    if running is None:
        raise Trouble("Aurelius is not running. Start it with `aurelius run` (or `make run`), then try again.")
    if chosen.code is None:
        print(running.post("/local/sign-in-links", {})["url"])
    else:
        answer = running.post("/local/link-codes/redeem", {"code": chosen.code})
        print(answer.get("text") or "Linked.")
    return 0
