"""Summaries by the fast model. What is summarised is data: whatever it asks for, it is not obeyed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from bot.action import Outcome
from bot.ports import Context
from bot.prompt import untrusted
from bot.records import Author, Message
from skills.asking import ask
from skills.prompts import prompt
from skills.sorry import Sorry
from skills.which import pick
from skills.wording import plain

LONGEST = 120_000  # characters that go to the model
NEWEST = 200  # messages of a conversation


async def text_summary(context: Context, text: str, style: str) -> Outcome:
    if not text.strip():
        raise Sorry("There is nothing to summarise. Send me the text.")
    return await _summary(context, text, "text", style)


async def conversation_summary(context: Context, style: str, since: date | None = None) -> Outcome:
    if context.where is None:
        raise Sorry("There is no conversation here to summarise.")
    async with context.open() as work:
        newest = await work.messages.before(context.where, None, NEWEST)
    told = [message for message in newest if since is None or _day(message, context) >= since]
    if not told:
        raise Sorry("Nothing was said here in that time.")
    summary = await _summary(context, "\n".join(_line(message, context) for message in told), "conversation", style)
    return replace(summary, outside=any(message.outside for message in told))


async def file_summary(context: Context, file: str, style: str) -> Outcome:
    async with context.open() as work:
        found = pick(file, await work.documents.list(1_000), lambda document: document.name, "file")
        told = "".join(piece.text for piece in await work.documents.extracts(found.id))
    if not told.strip():
        raise Sorry(found.problem or f"I have no text of “{plain(found.name)}”.")
    return await _summary(context, told, f"file {found.name}", style)


async def _summary(context: Context, text: str, source: str, style: str) -> Outcome:
    language = context.user.language or "the language of the text"
    system = prompt(Path(__file__).with_name(f"{style}.md"), language=language)
    shown = untrusted(text[-LONGEST:] if source == "conversation" else text[:LONGEST], source)
    answer = await ask(context, purpose="summary", system=system, text=shown)
    cut = "\n\n(Only a part of it was read: it is very long.)" if len(text) > LONGEST else ""
    return Outcome(ok=True, text=answer.text.strip() + cut, data={"style": style})


def _day(message: Message, context: Context) -> date:
    return context.user.local(message.sent_at).date()


def _line(message: Message, context: Context) -> str:
    who = context.user.name if message.author is Author.USER else "Assistant"
    return f"[{context.user.local(message.sent_at):%Y-%m-%d %H:%M}] {who}: {message.text}"
