"""An answer on its sheets: the messages in which it stands, posted once, edited in place, found again after a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from adapters.chat.bounded import remember
from adapters.chat.discord.connection import GONE, Connection, code_of, failures
from adapters.chat.discord.inbound import STOP
from adapters.chat.discord.outbound import Part, nonce, signature, voice_note, with_files, words
from adapters.chat.discord.waveform import drawn

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = "/channels/{channel_id}/messages/{message_id}"
REMEMBERED = 1000  # answers
LOOKED_INTO = 10_000  # channels
LAST = 20  # messages that are looked through for one that a killed process left unfinished
FIXED = "a file"  # the look of what is never edited
log = structlog.get_logger()


@dataclass
class Sheet:
    """`ids` of its messages, and how each looks ("": nobody knows). `final`: the whole answer stands there."""

    ids: list[str] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    final: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def surplus(self, parts: Sequence[Part]) -> list[str]:
        """Messages with no part for them; one with words cannot become one with files."""
        for number, part in enumerate(parts[: len(self.ids)]):
            if self.looks[number] and part.fixed != (self.looks[number] == FIXED):
                return self.ids[number:]
        return self.ids[len(parts) :]

    def drop(self, id: str) -> None:
        at = self.ids.index(id)
        del self.ids[at], self.looks[at]


class Sheets:
    """`turn` waits until the next message or edit in a channel may be sent."""

    def __init__(self, connection: Connection, turn: Callable[[str], Awaitable[None]]) -> None:
        self._connection, self._turn = connection, turn
        self._known: dict[str, Sheet] = {}  # by the answer's key
        self._unfinished: dict[str, str] = {}  # message by the token of its stop button
        self._looked: dict[str, None] = {}  # channels

    def of(self, key: str, ref: str | None) -> Sheet:
        sheet = self._known.pop(key, None) or Sheet()
        remember(self._known, key, sheet, REMEMBERED)
        ids = ref.split(",") if ref else []
        if ids and sheet.ids != ids:
            sheet.ids, sheet.looks = ids, [""] * len(ids)
        return sheet

    async def find(self, place: str, key: str, sheet: Sheet) -> None:
        """The message in which a killed process was writing this answer. Looked for once in every channel."""
        if place not in self._looked:
            remember(self._looked, place, None, LOOKED_INTO)
            self._unfinished |= await self._left_behind(place)
        unfinished = self._unfinished.pop(f"{STOP}{nonce(key, 0)}", None)
        if unfinished is not None:
            sheet.ids, sheet.looks = [unfinished], ["unfinished"]

    async def _left_behind(self, place: str) -> dict[str, str]:
        try:
            found = await self._connection.get(MESSAGES + "?limit={limit}", channel_id=place, limit=str(LAST))
        except failures() as error:  # then a repeat is known by its nonce alone
            log.info("discord_channel_not_looked_into", place=place, why=str(error) or repr(error))
            return {}
        mine = [message for message in found if str(message["author"]["id"]) == await self._connection.me()]
        return {token: str(m["id"]) for m in mine for token in tokens(m) if token.startswith(STOP)}

    async def lay(self, place: str, sheet: Sheet, number: int, part: Part, once: str) -> None:
        """Post the part or edit what stands for it; nothing when it looks right."""
        look = FIXED if part.fixed else signature(part)
        if number < len(sheet.ids):
            if not part.fixed and sheet.looks[number] != look:
                await self._edit(place, sheet.ids[number], part)
            sheet.looks[number] = look
            return
        message = await self._post(place, part, once)
        sheet.ids.append(str(message["id"]))
        sheet.looks.append("")
        if not part.fixed and not _shows(message, part):  # a repeat: Discord gives what was there
            await self._edit(place, str(message["id"]), part)
        sheet.looks[-1] = look

    async def remove(self, place: str, sheet: Sheet, id: str) -> None:
        await self._turn(place)
        try:
            await self._connection.call("DELETE", MESSAGE, channel_id=place, message_id=id)
        except failures() as error:
            if code_of(error) != GONE:
                raise
        sheet.drop(id)

    async def _edit(self, place: str, id: str, part: Part) -> None:
        await self._turn(place)
        try:
            await self._connection.call("PATCH", MESSAGE, words(part), channel_id=place, message_id=id)
        except failures() as error:
            if code_of(error) != GONE:
                raise
            log.info("discord_message_is_gone", place=place, message=id)

    async def _post(self, place: str, part: Part, once: str) -> Mapping[str, Any]:
        known = {"nonce": once, "enforce_nonce": True}
        await self._turn(place)
        if part.voice is not None:
            sent = await self._voice(place, part.voice.content, known)
        elif part.files:
            files = [(f.about.name, f.content, f.about.mime) for f in part.files]
            sent = await self._connection.upload(MESSAGES, with_files(part) | known, files, channel_id=place)
        else:
            sent = await self._connection.call("POST", MESSAGES, words(part) | known, channel_id=place)
        found: Mapping[str, Any] = sent
        return found

    async def _voice(self, place: str, sound: bytes, known: Mapping[str, Any]) -> Any:
        """With its picture, or as a mere file should it be no sound."""
        name, mime = "voice-message.ogg", "audio/ogg"
        try:
            body = voice_note(*await asyncio.to_thread(drawn, sound))
        except ValueError as error:
            log.error("discord_voice_note_is_no_sound", why=str(error))
            body = {"attachments": [{"id": 0, "filename": name}]}
        return await self._connection.upload(MESSAGES, body | dict(known), [(name, sound, mime)], channel_id=place)


def tokens(message: Mapping[str, Any]) -> list[str]:
    """Of the buttons below a message."""
    parts = [part for row in message.get("components", ()) for part in row.get("components", ())]
    return [str(part["custom_id"]) for part in parts if "custom_id" in part]


def _shows(message: Mapping[str, Any], part: Part) -> bool:
    wanted = [button["custom_id"] for row in part.rows for button in row["components"]]
    return str(message["content"]).strip() == part.content.strip() and tokens(message) == wanted
