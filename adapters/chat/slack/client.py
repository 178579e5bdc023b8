"""Slack as a chat platform: events and presses in, messages, forms and pages out, through slack-sdk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog

from adapters.chat.background import Background
from adapters.chat.bounded import remember
from adapters.chat.governor import Governor, Pace
from adapters.chat.growth import Growth, Habits
from adapters.chat.lease import Lease
from adapters.chat.slack import messages
from adapters.chat.slack.attachments import QUOTED
from adapters.chat.slack.connection import Connection, Workspace, said, unsent
from adapters.chat.slack.growing import Growing
from adapters.chat.slack.inbound import PLATFORM
from adapters.chat.slack.outbound import render
from adapters.chat.slack.reception import Reception
from adapters.chat.slack.socket_mode import Socket
from adapters.chat.slack.webhook import PATH, Webhook
from bot.action import Json
from bot.message import Address, Attachment, Reply
from bot.ports import Desk, Hook, Unsent

log = structlog.get_logger()
T = TypeVar("T")

# docs.slack.dev/apis/web-api/rate-limits: one message a second in a channel, where short bursts pass, and some hundred
# a minute in a workspace; edits 50 a minute. What is too much all the same is answered with a pause, which we keep.
OVERALL, CHAT = Pace(burst=20, seconds=0.05), Pace(burst=8, seconds=1.0)
# A status is taken away after two minutes (docs.slack.dev/reference/methods/assistant.threads.setStatus).
HABITS = Habits(typing_every=90.0, draft_every=60.0, drafts=Pace(burst=2, seconds=1.2), grows=lambda at: True)
THINKING = "is thinking …"
REMEMBERED = 1000  # messages that were sent in part
LARGEST = 50 << 20  # bytes of a file that we take in


class SlackChat:
    """Fulfils `bot.ports.ChatPlatform` and `Hooked`. With an app token deliveries come over Socket Mode, which only the
    holder of the lease keeps open; with a signing secret over HTTP."""

    name = PLATFORM
    idempotent = False  # client_msg_id is for Slack's own apps (github.com/slackapi/java-slack-sdk/issues/852)
    reads_rows = False

    def __init__(
        self,
        connection: Connection,
        lease: Lease,
        *,
        app_token: str | None,
        signing_secret: str | None,
        installing: Callable[[], Sequence[Hook]],
    ) -> None:
        self._connection, self._lease, self._installing = connection, lease, installing
        self._app_token, self._signing_secret = app_token, signing_secret
        self._growing = Growing(connection)
        self._governor = Governor(OVERALL)
        self._growth = Growth(self._governor, HABITS, self._typing, self._draft)
        self._cut: dict[str, list[str]] = {}  # ids of what arrived before a send broke off, by key
        self._background = Background("slack")

    async def start(self, desk: Desk) -> None:
        """Returns at once; whatever is wrong with Slack, the rest of the system works."""
        if self._app_token is not None:
            socket = Socket(self._connection, self._app_token, self._reception(desk).take)
            self._background.run(self._lease.alone(socket.listen))

    async def stop(self) -> None:
        """No longer listen; what is being answered can still be sent."""
        await self._background.stop()

    async def close(self) -> None:
        await self._connection.close()

    def hooks(self, desk: Desk) -> Sequence[Hook]:
        found = list(self._installing())
        if self._signing_secret is not None:
            webhook = Webhook(self._signing_secret, self._reception(desk).take)
            found.append(Hook(method="POST", path=PATH, answer=webhook.answer))
        return found

    def _reception(self, desk: Desk) -> Reception:
        return Reception(self._connection, desk, self._growing.heard, self._background.run)

    async def send(self, reply: Reply, key: str, ref: str | None) -> str | None:
        """`ref` holds the times of all parts and the ids of files: "1764.01,1764.02,F01". A send that broke off goes on
        where it was: what arrived before is only edited."""
        await self._growth.end(reply.to)
        known = ref.split(",") if ref else self._cut.get(key, [])
        posts, files = [each for each in known if each[:1] != "F"], [each for each in known if each[:1] == "F"]
        parts = render(reply)
        grown, whole = None if ref else await self._growing.end(reply.to, key), 0
        if grown is not None:
            posts = posts or [grown.ts]
            whole = await self._call(reply.to, lambda workspace: messages.complete(workspace, reply, grown, parts))
        for number, part in enumerate(parts[whole:], whole):
            if number < len(posts):
                await self._call(reply.to, partial(messages.edit, at=reply.to, ts=posts[number], part=part))
                continue
            posts.append(await self._call(reply.to, partial(messages.post, at=reply.to, part=part)))
            remember(self._cut, key, posts + files, REMEMBERED)
        for surplus in posts[len(parts) :]:
            await self._call(reply.to, partial(messages.delete, at=reply.to, ts=surplus))
        uploads = [each for each in (reply.voice, *reply.files) if each is not None]
        if uploads and not files:
            files = await self._call(reply.to, partial(messages.upload, at=reply.to, uploads=uploads))
        self._cut.pop(key, None)
        self._growing.forget(key)
        return ",".join([*posts[: len(parts)], *files]) or None

    async def _call(self, at: Address, call: Callable[[Workspace], Awaitable[T]]) -> T:
        """In its turn. Raises Unsent."""
        await self._governor.turn(at.place, CHAT)
        try:
            return await call(await self._connection.workspace(at.tenant))
        except _errors() as error:
            raise self._held(at, error) from error

    def _held(self, at: Address, error: Exception) -> Unsent:
        """What is wrong, and until when this chat rests."""
        problem = unsent(error)
        if problem.after:
            self._governor.hold(at.place, problem.after)
        if "token" in str(problem):
            self._connection.doubt(at.tenant)
        return problem

    async def progress(self, at: Address, news: Json) -> None:
        self._growth.show(at, news)

    async def _typing(self, at: Address) -> bool:
        """Slack shows it in threads only; where it does not, the answer grows all the same."""
        if at.thread:
            await self._sign(at, self._status(at))
        return True

    async def _status(self, at: Address) -> None:
        workspace = await self._connection.workspace(at.tenant)
        await workspace.client.assistant_threads_setStatus(channel_id=at.place, thread_ts=at.thread, status=THINKING)

    async def _draft(self, at: Address, turn: str, text: str) -> bool:
        return await self._sign(at, self._growing.draft(at, turn, text))

    async def _sign(self, at: Address, call: Coroutine[Any, Any, None]) -> bool:
        try:
            await call
        except _errors() as error:
            log.info("slack_sign_not_shown", why=said(error))
            self._held(at, error)
            return False
        return True

    async def download(self, attachment: Attachment) -> bytes:
        """Raises Unsent for what is too large, or gone."""
        if attachment.ref.startswith(QUOTED):
            return attachment.ref.removeprefix(QUOTED).encode(errors="replace")
        try:
            return await self._connection.fetch(attachment.ref, LARGEST)
        except _errors() as error:
            raise unsent(error) from error


def _errors() -> tuple[type[Exception], ...]:
    from aiohttp import ClientError
    from slack_sdk.errors import SlackApiError, SlackRequestError

    return (SlackApiError, SlackRequestError, ClientError, OSError, TimeoutError, Unsent)
