"""The calls that put our messages into Slack: posted, edited, deleted, streamed to their end, files beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from adapters.chat.slack.blocks import actions
from adapters.chat.slack.connection import Workspace, said
from adapters.chat.slack.growing import QUIET, WHOLE, Grown
from adapters.chat.slack.outbound import Part
from adapters.chat.slack.sound import SUFFIX, playable
from bot.message import Address, Kind, Reply, Upload

log = structlog.get_logger()


async def complete(workspace: Workspace, reply: Reply, grown: Grown, parts: Sequence[Part]) -> int:
    """End the stream. How many parts stand there as they should: one when the rest could simply be added."""
    from slack_sdk.errors import SlackApiError

    if not grown.streams:
        return 0
    rest = grown.rest(reply.text) if len(parts) == 1 else None
    more: dict[str, Any] = {} if rest is None else {"blocks": actions(reply.choices), "markdown_text": rest or None}
    try:
        await workspace.client.chat_stopStream(channel=reply.to.place, ts=grown.ts, **more)
    except SlackApiError as error:
        if said(error) not in ("message_not_in_streaming_state", "stopped_by_user"):
            raise
        rest = None
    grown.streams = False
    return 0 if rest is None else 1


async def post(workspace: Workspace, at: Address, part: Part) -> str:
    sent = await workspace.client.chat_postMessage(
        channel=at.place, thread_ts=at.thread or None, text=part.text, blocks=list(part.blocks), **QUIET
    )
    return str(sent["ts"])


async def edit(workspace: Workspace, at: Address, ts: str, part: Part) -> None:
    await workspace.client.chat_update(
        channel=at.place, ts=ts, text=part.text, blocks=list(part.blocks), metadata=WHOLE
    )


async def delete(workspace: Workspace, at: Address, ts: str) -> None:
    from slack_sdk.errors import SlackApiError

    try:
        await workspace.client.chat_delete(channel=at.place, ts=ts)
    except SlackApiError as error:
        if said(error) != "message_not_found":
            raise


async def upload(workspace: Workspace, at: Address, uploads: Sequence[Upload]) -> list[str]:
    """All in one message; returns the ids of the files. Raises SlackApiError, SlackRequestError."""
    files = [await _file(each) for each in uploads]
    sent = await workspace.client.files_upload_v2(file_uploads=files, channel=at.place, thread_ts=at.thread or None)
    return [str(file["id"]) for file in sent["files"]]


async def _file(each: Upload) -> dict[str, Any]:
    name, content = each.about.name or "file", each.content
    if each.about.kind is Kind.VOICE:
        try:
            content = await asyncio.to_thread(playable, content)
            name = f"{name.rpartition('.')[0] or name}{SUFFIX}"
        except ValueError as error:
            log.warning("slack_voice_sent_as_it_is", why=str(error))
    return {"filename": name, "title": name, "content": content}
