"""Drafts of mails and messages: written and kept here, sent by nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.action import Outcome
from bot.codec import decode
from bot.ids import derived_id
from bot.ports import Context
from bot.prompt import untrusted
from bot.records import Draft
from bot.repositories import Work
from skills.asking import ask
from skills.prompts import prompt
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import by_id, pick
from skills.wording import bullets, count, dated, plain, quoted

MOST = 1000  # drafts that are looked through for the one that is meant


async def add(context: Context, to: str, subject: str, text: str) -> Outcome:
    draft = Draft(id=derived_id(context.key, "draft"), to=to, subject=subject, text=text, created_at=context.now)
    async with context.open() as work:
        await work.drafts.put(draft)
    back = undo(context, "drafts.remove", draft=draft.id)
    return Outcome(ok=True, text=f"Drafted, not sent.\n\n{_whole(draft)}", data={"id": draft.id}, undo=back)


async def compose(context: Context, wish: str, answers: str = "") -> Outcome:
    """Only words: keeping them is `add`. What is being answered was written by somebody else."""
    language = context.user.language or "the language of these words"
    system = prompt(Path(__file__).with_name("email.md"), name=context.user.name or "the user", language=language)
    shown = f"{wish}\n\n{untrusted(answers, 'mail')}" if answers else wish
    answer = await ask(context, purpose="draft", system=system, text=shown, needs_claude="Wording a mail")
    text = answer.text.strip()
    return Outcome(ok=True, text=quoted(text), data={"text": text}, outside=bool(answers))


async def show(context: Context) -> Outcome:
    async with context.open() as work:
        drafts = await work.drafts.list()
    if not drafts:
        return Outcome(ok=True, text="You have no drafts.", data=[])
    lines = [
        f"**{plain(draft.subject)}** to {plain(draft.to)} ({dated(draft.created_at, context.user)}):"
        f" {plain(draft.text, 120)}"
        for draft in drafts
    ]
    data = [{"id": draft.id, "to": draft.to, "subject": draft.subject, "text": draft.text[:2000]} for draft in drafts]
    return Outcome(ok=True, text=f"You have {count(len(drafts), 'draft')}:\n\n{bullets(lines)}", data=data)


async def update(
    context: Context, draft: str, to: str | None = None, subject: str | None = None, text: str | None = None
) -> Outcome:
    wanted = {"to": to, "subject": subject, "text": text}
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if not changes:
        raise Sorry("What should change: for whom it is, the subject or the text?")
    async with context.open() as work:
        found = await _find(work, draft)
        after = replace(found, **changes, version=found.version + 1)
        await work.drafts.put(after)
    back = undo(context, "drafts.restore", draft=replace(found, version=found.version + 2))
    return Outcome(ok=True, text=f"The draft now says:\n\n{_whole(after)}", data={"id": found.id}, undo=back)


async def remove(context: Context, draft: str) -> Outcome:
    async with context.open() as work:
        found = await _find(work, draft)
        await work.drafts.remove(found.id)
    back = undo(context, "drafts.restore", draft=replace(found, version=1))
    return Outcome(ok=True, text=f"Threw away the draft “{plain(found.subject)}”.", data={"id": found.id}, undo=back)


async def restore(context: Context, draft: Any) -> Outcome:
    record: Draft = decode(Draft, draft)
    async with context.open() as work:
        await work.drafts.put(record)
    return Outcome(ok=True, text=f"The draft “{plain(record.subject)}” is back as it was.")


def _whole(draft: Draft) -> str:
    return f"**To:** {plain(draft.to)}\\\n**Subject:** {plain(draft.subject)}\n\n{quoted(draft.text)}"


async def named(work: Work, id: str) -> str | None:
    return next((draft.subject for draft in by_id(id, await work.drafts.list(MOST))), None)


async def _find(work: Work, words: str) -> Draft:
    return pick(words, await work.drafts.list(MOST), lambda draft: f"{draft.subject} (to {draft.to})", "draft")
