"""Answers that are being written: one message each, which grows and then becomes the answer itself.

In a thread Slack streams (chat.startStream, .appendStream, .stopStream); elsewhere the message is posted and edited.
A stream takes only additions, so it shows CommonMark as it comes in, with nothing in it that could mention, call or
hide where a link goes; a streamed message cannot be edited before it is stopped.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog

from adapters.chat.bounded import remember
from adapters.chat.slack.connection import REFUSED, Connection, Workspace, said
from adapters.chat.slack.outbound import render
from bot.ids import derived_id
from bot.message import Address, Inbound, InboundMessage, Reply
from bot.ports import Unsent

STREAMED = 11_000  # characters; Slack takes 12,000 in one piece
REMEMBERED = 2_000  # conversations, answers
log = structlog.get_logger()


@dataclass
class Grown:
    """`text` is what stands there; `streams` while it can only be added to."""

    ts: str = ""
    text: str = ""
    streams: bool = False
    over: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def rest(self, answer: str) -> str | None:
        """What is still missing of the answer; None when it must be written anew: it does not go on from what stands
        there, or Slack would show it otherwise than we mean it."""
        plainly = streamable(answer) == answer and answer.startswith(self.text) and len(answer) <= STREAMED
        return answer[len(self.text) :] if plainly else None


def streamable(text: str) -> str:
    """Each character becomes the same whatever follows, so that what is added is always a continuation."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("](", "] (")


class Growing:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: dict[str, Grown] = {}  # by the key of the answer
        self._askers: dict[str, str] = {}  # user ids by conversation: a stream in a channel is for somebody
        self._known: dict[str, None] = {}  # conversations in which nothing of an earlier process is left

    def heard(self, inbound: Inbound) -> None:
        if isinstance(inbound, InboundMessage):
            remember(self._askers, inbound.at.conversation, inbound.sender.id, REMEMBERED)

    async def draft(self, at: Address, turn: str, text: str) -> None:
        """Raises SlackApiError, ClientError, Unsent."""
        key = derived_id("reply", turn)
        grown = self._open.get(key) or Grown()
        remember(self._open, key, grown, REMEMBERED)
        async with grown.lock:
            if grown.over or not text.strip():
                return
            workspace = await self._connection.workspace(at.tenant)
            if not grown.ts:
                await self._begin(workspace, at, grown, key, text)
            elif grown.streams:
                await _append(workspace, at, grown, streamable(text)[:STREAMED])
            else:
                await _edit(workspace, at, grown, text)

    async def end(self, at: Address, key: str) -> Grown | None:
        """The message that grew, which grows no more; None when there is none. Waits for what is on its way. Also one
        of a process that was killed while it wrote."""
        grown = self._open.get(key) or await self._left(at, key)
        if grown is None:
            return None
        async with grown.lock:
            grown.over = True
        return grown if grown.ts else None

    def forget(self, key: str) -> None:
        """The answer stands there."""
        self._open.pop(key, None)

    async def _left(self, at: Address, key: str) -> Grown | None:
        """Looked for once in each conversation outside of threads, where streams end by themselves: what this process
        writes itself it knows."""
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError

        if at.thread or at.conversation in self._known:
            return None
        remember(self._known, at.conversation, None, REMEMBERED)
        try:
            async with asyncio.timeout(PATIENCE):
                client = (await self._connection.workspace(at.tenant)).client
                found = await client.conversations_history(channel=at.place, limit=LOOK_BACK, include_all_metadata=True)
        except (SlackApiError, ClientError, TimeoutError, Unsent) as error:
            log.info("slack_history_not_read", why=said(error))
            return None
        return next((Grown(ts=str(each["ts"])) for each in found["messages"] if _begins(each, key)), None)

    async def _begin(self, workspace: Workspace, at: Address, grown: Grown, key: str, text: str) -> None:
        from slack_sdk.errors import SlackApiError

        recipient = self._askers.get(at.conversation)
        if at.thread and (recipient or at.place.startswith("D")):
            try:
                await _stream(workspace, at, grown, streamable(text)[:STREAMED], recipient)
                return
            except SlackApiError as error:
                if said(error) in {*REFUSED, "ratelimited"}:
                    raise
                log.info("slack_does_not_stream_here", why=said(error))
        part = render(Reply(to=at, text=text))[0]
        sent = await workspace.client.chat_postMessage(
            channel=at.place,
            thread_ts=at.thread or None,
            text=part.text,
            blocks=list(part.blocks),
            metadata=_mark(key),
            **QUIET,
        )
        grown.ts, grown.text = str(sent["ts"]), part.text


QUIET: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}  # whoever serves the page would learn of it
GROWS, WHOLE = "aurelius_growing", dict[str, Any]()  # metadata: of which answer it is the beginning; none any more
LOOK_BACK = 15  # messages among which the beginning of an answer is looked for after a restart
PATIENCE = 2.0  # seconds for that


def _mark(key: str) -> dict[str, Any]:
    return {"event_type": GROWS, "event_payload": {"key": key}}


def _begins(message: dict[str, Any], key: str) -> bool:
    return bool(message.get("metadata") == _mark(key))


async def _stream(workspace: Workspace, at: Address, grown: Grown, shown: str, recipient: str | None) -> None:
    to: dict[str, Any] = {"recipient_team_id": at.tenant, "recipient_user_id": recipient} if recipient else {}
    begun = await workspace.client.chat_startStream(channel=at.place, thread_ts=at.thread, markdown_text=shown, **to)
    grown.ts, grown.text, grown.streams = str(begun["ts"]), shown, True


async def _append(workspace: Workspace, at: Address, grown: Grown, shown: str) -> None:
    """What is no continuation waits until the answer is whole."""
    if not shown.startswith(grown.text) or shown == grown.text:
        return
    await workspace.client.chat_appendStream(channel=at.place, ts=grown.ts, markdown_text=shown[len(grown.text) :])
    grown.text = shown


async def _edit(workspace: Workspace, at: Address, grown: Grown, text: str) -> None:
    """Of an answer that becomes several messages, the first."""
    part = render(Reply(to=at, text=text))[0]
    if part.text != grown.text:
        await workspace.client.chat_update(channel=at.place, ts=grown.ts, text=part.text, blocks=list(part.blocks))
        grown.text = part.text
