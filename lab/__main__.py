"""`python -m lab model --port 0` starts a stand-in, prints where it listens, and dies with whoever started it."""

from __future__ import annotations

import argparse
import sys

from lab.lifeline import tie_to_parent
from lab.server import serve


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    model = what.add_parser("model", help="the offline model: Claude's Messages API answered by rules")
    model.add_argument("--port", type=int, default=0, help="0 takes a free one")
    model.add_argument("--latency", type=float, default=0.0, help="seconds every answer takes, spread over its stream")
    telegram = what.add_parser("telegram", help="Telegram's Bot API for one bot, and the people who write to it")
    telegram.add_argument("--port", type=int, default=0, help="0 takes a free one")
    chosen = parser.parse_args(argv)
    tie_to_parent()
    if chosen.what == "telegram":
        from lab.telegram.app import telegram as stand_in

        serve(stand_in(), port=chosen.port, lifespan="on")
    else:
        from lab.model.app import OfflineModel

        serve(OfflineModel(latency=chosen.latency), port=chosen.port)


if __name__ == "__main__":
    main(sys.argv[1:])
