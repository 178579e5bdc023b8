"""The web, through the search and fetch tools that Claude runs itself; the built-in offline model has none."""

from __future__ import annotations

from pathlib import Path

from bot.action import Outcome
from bot.ports import Context
from skills.asking import ask
from skills.prompts import prompt


async def search(context: Context, query: str) -> Outcome:
    return await _through_claude(context, "search.md", query, "web_search", "Searching the web")


async def read(context: Context, url: str) -> Outcome:
    return await _through_claude(context, "read.md", url, "web_fetch", "Reading web pages")


async def _through_claude(context: Context, file: str, text: str, tool: str, what: str) -> Outcome:
    language = context.user.language or "the language of the question"
    system = prompt(Path(__file__).with_name(file), language=language)
    answer = await ask(context, purpose="web", system=system, text=text, server_tools=(tool,), needs_claude=what)
    return Outcome(ok=True, text=answer.text.strip())
