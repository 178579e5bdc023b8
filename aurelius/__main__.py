"""The command line: finds the command's module and runs it. Only that one is imported, so that help is instant."""

from __future__ import annotations

import importlib
import os
import sys

from aurelius.trouble import Trouble

COMMANDS = {
    "run": "start the assistant (all of it, or a part with --only)",
    "chat": "talk to it in this terminal; -m sends one message",
    "doctor": "what is configured, what is missing, what is broken",
    "setup": "how to connect chat apps, Claude and voice, step by step",
    "lab": "try every chat app in one page, on stand-ins, without any account",
    "link": "a fresh sign-in link; with a code, link a chat account to you",
    "dead-letters": "what was given up on; `redrive JOB` runs one again",
    "integrations": "what it can do",
    "migrate": "bring the database up to date",
    "backup": "write everything into one file",
    "restore": "put a backup back",
    "rotate-keys": "encrypt secrets under a new key",
}


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0 it worked, 1 it did not (and why stands on stderr), 2 it was not understood."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(f"aurelius {version('aurelius')}")
        return 0
    if arguments[0] not in COMMANDS:
        print(f"There is no command {arguments[0]!r}.\n\n{usage()}", file=sys.stderr)
        return 2
    command = importlib.import_module(f"aurelius.commands.{arguments[0].replace('-', '_')}")
    try:
        return int(command.main(arguments[1:]))
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {about}" for name, about in COMMANDS.items()]
    return "\n".join(["usage: aurelius COMMAND [--help]", "", "commands:", *lines])


if __name__ == "__main__":
    sys.exit(main())
