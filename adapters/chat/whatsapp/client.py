"""WhatsApp as a chat platform: webhooks in, messages out, over the Cloud API of one number."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog

from adapters.chat.background import Background
from adapters.chat.bounded import remember
from adapters.chat.governor import Governor, Pace
from adapters.chat.growth import Growth, Habits
from adapters.chat.whatsapp import failure, outbound
from adapters.chat.whatsapp.connection import LARGEST, Connection
from adapters.chat.whatsapp.failure import calling
from adapters.chat.whatsapp.inbound import FORWARDED, PLATFORM, Piece, parse, pieces
from adapters.chat.whatsapp.inbound import failure as why_failed
from adapters.chat.whatsapp.shown import Shown
from adapters.chat.whatsapp.webhook import PATH, challenged, signed
from bot.action import Json
from bot.deliver import MAY_REPEAT
from bot.message import Address, Attachment, Command, Delivered, InboundMessage, Reply, Upload
from bot.ports import Closed, Desk, Hook, Memory, Request, Response, Unsent

# To one person one message every 6 seconds, where bursts of up to 45 pass and are paid back by waiting; 80 a second for
# one number (developers.facebook.com/docs/whatsapp/cloud-api/overview, pair rate limit and throughput).
OVERALL, PERSON = Pace(burst=80, seconds=1 / 80), Pace(burst=40, seconds=6.0)
# Typing shows for 25 seconds or until we write (cloud-api/typing-indicators). Nothing grows: no message can be changed.
HABITS = Habits(typing_every=20.0, draft_every=20.0, drafts=Pace(burst=2, seconds=5.0), grows=lambda at: False)
REMEMBERED = 1000  # messages that were sent in part, chats that were asked to write, turns that are not marked as read
log = structlog.get_logger()

T = TypeVar("T")


class WhatsAppChat:
    """Fulfils `bot.ports.ChatPlatform` and `Hooked`.

    24 hours after a person last wrote, WhatsApp is closed for them. No clock of ours decides that: Meta says so, in the
    answer or in a failed status. With a template that asks them to write, it is sent once until something arrives
    again; the message itself waits."""

    name = PLATFORM
    idempotent = False
    reads_rows = False

    def __init__(
        self,
        connection: Connection,
        memory: Memory,
        *,
        app_secret: str | None,
        verify_token: str | None,
        template: str | None,
    ) -> None:
        self._connection, self._memory = connection, memory
        self._app_secret, self._verify_token, self._template = app_secret, verify_token, template
        self._governor = Governor(OVERALL)
        self._growth = Growth(self._governor, HABITS, self._typing, _no_draft)
        self._cut: dict[str, list[str]] = {}  # ids of the messages that arrived before a send broke off, by key
        self._unsure: dict[str, None] = {}  # keys of messages of which one may have arrived
        self._invited: dict[str, None] = {}  # who got the template and has not written since
        self._turns: dict[str, str] = {}  # what is being answered, by conversation
        self._unread: dict[str, None] = {}  # conversations whose message is not marked as read yet
        self._background = Background("whatsapp")

    async def start(self, desk: Desk) -> None:
        """Nothing to hold open; whether the token works is said in the log."""
        self._background.run(self._introduce())

    async def stop(self) -> None:
        await self._background.stop()

    async def close(self) -> None:
        """Also where nothing was started: a process that only answers has signs on their way."""
        await self.stop()
        await self._connection.close()

    async def _introduce(self) -> None:
        try:
            async with calling():
                number = await self._connection.number()
        except Unsent as problem:
            log.warning("whatsapp_not_ready", why=str(problem))
        else:
            log.info("whatsapp_ready", number=number.get("display_phone_number"))
        if self._app_secret is None or self._verify_token is None:
            log.warning("whatsapp_takes_no_webhooks", why="WHATSAPP_APP_SECRET and WHATSAPP_VERIFY_TOKEN are needed")

    def hooks(self, desk: Desk) -> Sequence[Hook]:
        async def challenge(request: Request) -> Response:
            return challenged(request, self._verify_token)

        async def deliver(request: Request) -> Response:
            """200 only when all of it is written down: else WhatsApp delivers it again."""
            if not signed(request, self._app_secret):
                return Response(status=401)
            try:
                body = json.loads(request.body)
            except (ValueError, RecursionError):
                return Response(status=400)
            for piece in pieces(body, self._connection.number_id):
                await self._take(desk, piece)
            return Response(status=200)

        return (
            Hook(method="GET", path=PATH, answer=challenge),
            Hook(method="POST", path=PATH, answer=deliver),
        )

    async def _take(self, desk: Desk, piece: Piece) -> None:
        try:
            inbound = parse(piece, self._connection.number_id)
            failed = why_failed(piece.status) if piece.status is not None and piece.status.get("errors") else None
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
            log.exception("whatsapp_event_not_understood")
            return
        if inbound is None:
            log.info("whatsapp_event_is_nothing_for_us", kind=(piece.message or piece.status).get("type"))
            return
        await desk.receive(inbound)
        if not isinstance(inbound, Delivered):
            self._invited.pop(inbound.at.place, None)
        elif failed is not None:
            code, why = failed
            log.warning("whatsapp_message_failed", code=code, why=why)
            if code == failure.CLOSED:
                self._background.run(self._invite(inbound.at))

    async def send(self, reply: Reply, key: str, ref: str | None) -> str | None:
        """With a `ref`, what is new of it quotes what was said before; the new ref holds both. A send that broke off
        goes on where it was: what arrived is not sent again."""
        await self._growth.end(reply.to)
        shown = Shown.read(ref) if ref else Shown()
        new = outbound.change(reply, shown) if ref else reply
        known = self._cut.get(key, [])
        marked = bool(known) and reply.text.startswith(MAY_REPEAT)
        if new is not None and marked:  # the words that say so would stand in a part that arrived
            new = replace(new, text=new.text.removeprefix(MAY_REPEAT))
        messages = [] if new is None else self._messages(new)
        if marked or (ref and key in self._unsure):  # of a change, which is a message here, nobody else says it
            await self._post(reply.to, outbound.render(Reply(to=reply.to, text=MAY_REPEAT))[0])
            self._unsure.pop(key, None)
        for number, message in enumerate(messages[len(known) :], len(known)):
            content, quoted = await message(), shown.ids[-1] if shown.ids and not number else None
            try:
                known.append(await self._post(reply.to, content, quoted))
            except Unsent as problem:
                if problem.unsure:
                    remember(self._unsure, key, None, REMEMBERED)
                raise
            remember(self._cut, key, known, REMEMBERED)
        self._cut.pop(key, None)
        self._unsure.pop(key, None)
        self._background.run(self._read(reply.to))
        return str(shown.now(tuple(known), reply.text.removeprefix(MAY_REPEAT)))

    def _messages(self, reply: Reply) -> list[Callable[[], Awaitable[Json]]]:
        """How each message's content is made: recordings and files have to be uploaded first. Buttons come last."""
        made: list[Callable[[], Awaitable[Json]]] = []
        if reply.voice is not None:
            made.append(_making(self._voice, reply.voice))
        made += [_making(self._file, file) for file in reply.files]
        return made + [_making(_ready, content) for content in outbound.render(reply)]

    async def _voice(self, upload: Upload) -> Json:
        return outbound.voice(await self._uploaded(upload, outbound.VOICE))

    async def _file(self, upload: Upload) -> Json:
        fits = outbound.kind_and_mime(upload)
        if fits is None:
            return outbound.not_taken(upload)
        kind, mime = fits
        return outbound.media(kind, await self._uploaded(upload, mime), upload.about.name)

    async def _uploaded(self, upload: Upload, mime: str) -> str:
        """An upload that broke off may be repeated: nobody sees it."""
        try:
            async with calling():
                return await self._connection.upload(upload, mime)
        except Unsent as problem:
            raise Unsent(str(problem), again=problem.again, after=problem.after) from problem

    async def _post(self, at: Address, content: Json, quoting: str | None = None) -> str:
        """In its turn. Raises Unsent, and Closed once the person has been asked to write."""
        await self._governor.turn(at.place, PERSON)
        try:
            async with calling():
                sent = await self._connection.post(outbound.addressed(at, content, quoting))
        except Closed:
            await self._invite(at)
            raise
        except Unsent as problem:
            self._governor.hold(at.place, problem.after)
            raise
        self._invited.pop(at.place, None)
        return sent

    async def _invite(self, at: Address) -> None:
        """The template may be sent at any time. When it is refused too, there is nothing that we could do."""
        if self._template is None or at.place in self._invited:
            return
        remember(self._invited, at.place, None, REMEMBERED)
        try:
            async with calling():
                await self._connection.post(outbound.template(at, self._template))
        except Unsent as problem:
            self._invited.pop(at.place, None)
            log.warning("whatsapp_template_not_sent", template=self._template, why=str(problem))

    async def progress(self, at: Address, news: Json) -> None:
        if news["kind"] == "typing":
            remember(self._turns, at.conversation, str(news["turn"]), REMEMBERED)
            remember(self._unread, at.conversation, None, REMEMBERED)
        self._growth.show(at, news)

    async def _typing(self, at: Address) -> bool:
        return await self._mark(at, {"typing_indicator": {"type": "text"}})

    async def _read(self, at: Address) -> None:
        """What was answered before there was time to show that we type."""
        if at.conversation in self._unread:
            await self._mark(at, {})

    async def _mark(self, at: Address, more: Json) -> bool:
        """Read receipt and typing are one call, about the message that is answered (cloud-api/typing-indicators)."""
        self._unread.pop(at.conversation, None)
        message = await self._asked(self._turns[at.conversation])
        if message is None:
            return False
        try:
            async with calling():
                body = {"messaging_product": "whatsapp", "status": "read", "message_id": message, **more}
                await self._connection.mark(body)
        except Unsent as problem:
            log.info("whatsapp_sign_not_shown", why=str(problem))
            return False
        return True

    async def _asked(self, turn: str) -> str | None:
        """The message that a turn answers; looked up, because another process may have received it."""
        async with self._memory.door() as door:
            found = await door.inbox.get(turn)
        return found[0].delivery if found is not None and isinstance(found[0], InboundMessage | Command) else None

    async def download(self, attachment: Attachment) -> bytes:
        """Raises Unsent for what is gone (WhatsApp keeps it for 7 days) or larger than 100 MB."""
        if attachment.ref.startswith(FORWARDED):
            return attachment.ref.removeprefix(FORWARDED).encode(errors="replace")
        if attachment.size > LARGEST:
            raise Unsent("files of more than 100 MB are not fetched from WhatsApp", again=False)
        async with calling():
            return await self._connection.download(attachment.ref)


def _making(make: Callable[[T], Awaitable[Json]], of: T) -> Callable[[], Awaitable[Json]]:
    return lambda: make(of)


async def _ready(content: Json) -> Json:
    return content


async def _no_draft(at: Address, turn: str, text: str) -> bool:
    return False
