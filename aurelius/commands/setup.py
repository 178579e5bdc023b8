"""What there is to connect, and a safe place for Claude's key."""

from __future__ import annotations

import getpass
import sys

from aurelius.commands.arguments import parser_of, read_settings
from aurelius.settings import Settings
from aurelius.settings_file import write_setting
from aurelius.trouble import Trouble

GUIDE = """\
Talk to it now: `aurelius chat`, or the page that `aurelius link` opens. No account is needed.

Claude: {claude}
  1. Make a key at https://console.anthropic.com/settings/keys
  2. `aurelius setup --claude-key` asks for it and keeps it in {file} (readable by you alone),
     or paste it on the settings page, which needs no restart.

All settings stand in the README; `aurelius doctor` tells what works.
"""


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument(
        "--claude-key", action="store_true", help="ask for Claude's key (or read it from stdin) and keep it"
    )
    chosen = parser.parse_args(argv)
    settings = read_settings()
    if chosen.claude_key:
        return _keep_key(settings)
    claude = "not connected, the offline model answers." if settings.offline else "connected."
    print(GUIDE.format(claude=claude, file=settings.data_dir / ".env"))
    return 0


def _keep_key(settings: Settings) -> int:
    key = getpass.getpass("Claude's key (it does not show): ") if sys.stdin.isatty() else sys.stdin.readline(1000)
    key = key.strip()
    if not key.isprintable() or not key.isascii() or " " in key or len(key) < 8:
        raise Trouble("That does not look like a key. Copy it whole, without spaces.")
    path = settings.data_dir / ".env"
    write_setting(path, "ANTHROPIC_API_KEY", key)
    print(f"Kept in {path}. Start again to use it: `aurelius run`.")
    return 0
