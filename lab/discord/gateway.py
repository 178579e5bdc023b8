"""The gateway: a WebSocket over which Discord tells what happens, with sessions that can be resumed.

As the real one: HELLO first; who sends no heartbeat is cut off; IDENTIFY is refused for a wrong token (4004) and for
intents that are not turned on (4014); what a session missed while its line was cut is sent again after RESUME; a
session that is gone is answered with op 9, and what happened without a session is told to nobody."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from lab.discord.world import DIRECT, THREAD, Json, World, now

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME, RECONNECT = 0, 1, 2, 3, 4, 6, 7
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
GUILDS, MEMBERS, PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS = 1 << 9, 1 << 10
DIRECT_MESSAGES, DIRECT_REACTIONS, CONTENT = 1 << 12, 1 << 13, 1 << 15
KNOWN = (1 << 26) - 1
NEEDED = {  # intents by event: in a server, in a direct channel
    "MESSAGE": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_REACTION": (GUILD_REACTIONS, DIRECT_REACTIONS),
    "THREAD": (GUILDS, GUILDS),
    "GUILD": (GUILDS, GUILDS),
}
SESSION = 120.0  # seconds that a session outlives its line
UNKNOWN_OPCODE, UNDECODABLE, NOT_IDENTIFIED, WRONG_TOKEN, TWICE = 4001, 4002, 4003, 4004, 4005
INVALID_SEQUENCE, TIMED_OUT, WRONG_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4007, 4009, 4012, 4013, 4014


class Closing(Exception):
    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass
class Session:
    """`log` of what it was sent, in order; `socket` None while its line is cut."""

    id: str
    intents: int
    log: list[str] = field(default_factory=list)
    socket: WebSocket | None = None
    cut_at: float = 0.0

    async def send(self, event: str, data: Any) -> None:
        frame = {"op": DISPATCH, "s": len(self.log) + 1, "t": event, "d": data}
        self.log.append(json.dumps(frame))
        await self.put(self.log[-1])

    async def put(self, frame: str) -> None:
        if self.socket is not None and self.socket.client_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect):
                await self.socket.send_text(frame)


class Gateway:
    def __init__(self, world: World, heartbeat: float) -> None:
        self.world, self.heartbeat = world, heartbeat
        self.sessions: dict[str, Session] = {}
        self.sockets: set[WebSocket] = set()

    async def dispatch(self, event: str, data: Json) -> None:
        """To every session that asked for such."""
        channel = self.world.channels.get(str(data.get("channel_id")))
        if channel is not None and channel.type != DIRECT:
            data = data | {"guild_id": self.world.guild}
        for session in tuple(self.sessions.values()):
            if self._wanted(session, event, data):
                await session.send(event, self._shown(session, event, data))
        await self.world.journal.note("dispatch", event=event, data=data)

    def _wanted(self, session: Session, event: str, data: Json) -> bool:
        direct = "guild_id" not in data
        found = [bits for name, bits in NEEDED.items() if event.startswith(f"{name}_")]
        return not found or any(session.intents & bits[direct] for bits in found[-1:])

    def _shown(self, session: Session, event: str, data: Json) -> Json:
        """Without the intent a bot reads only direct messages and those that name it."""
        mine = "guild_id" not in data or data.get("author", {}).get("id") == self.world.bot["id"]
        named = any(user["id"] == self.world.bot["id"] for user in data.get("mentions", ()))
        if not event.startswith("MESSAGE_") or "content" not in data or session.intents & CONTENT or mine or named:
            return data
        return data | {"content": "", "attachments": [], "embeds": [], "components": []}

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept()
        self.sockets.add(socket)
        session: Session | None = None
        try:
            if socket.query_params.get("v") != "10":
                raise Closing(WRONG_VERSION, "Invalid API version")
            await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": int(self.heartbeat * 1000)}})
            while True:
                session = await self._taken(socket, session, await self._frame(socket))
        except Closing as closing:
            await self.world.journal.note("gateway_closed", code=closing.code, why=str(closing))
            with suppress(RuntimeError):
                await socket.close(closing.code, str(closing))
        except WebSocketDisconnect as gone:
            if session is not None and gone.code in (1000, 1001):  # it said goodbye
                self.sessions.pop(session.id, None)
        finally:
            self.sockets.discard(socket)
            if session is not None and session.socket is socket:
                session.socket, session.cut_at = None, time.monotonic()

    async def _frame(self, socket: WebSocket) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self.heartbeat * 1.5):
                frame = json.loads(await socket.receive_text())
        except TimeoutError:
            raise Closing(TIMED_OUT, "Session timed out") from None
        except ValueError:
            raise Closing(UNDECODABLE, "Error while decoding payload") from None
        if not isinstance(frame, dict) or "op" not in frame:
            raise Closing(UNDECODABLE, "Error while decoding payload")
        return frame

    async def _taken(self, socket: WebSocket, session: Session | None, frame: Mapping[str, Any]) -> Session | None:
        match frame["op"]:
            case 1:
                await socket.send_json({"op": HEARTBEAT_ACK})
                return session
            case 2 if session is None:
                return await self._identified(socket, frame["d"])
            case 6 if session is None:
                return await self._resumed(socket, frame["d"])
            case 2 | 6:
                raise Closing(TWICE, "Already authenticated")
            case 3 | 4 | 8 if session is not None:
                return session
            case 3 | 4 | 8:
                raise Closing(NOT_IDENTIFIED, "Not authenticated")
        raise Closing(UNKNOWN_OPCODE, "Unknown opcode")

    def _check_token(self, about: Mapping[str, Any]) -> None:
        if not self.world.valid or about.get("token") != self.world.token:
            raise Closing(WRONG_TOKEN, "Authentication failed")

    async def _identified(self, socket: WebSocket, about: Mapping[str, Any]) -> Session:
        self._check_token(about)
        intents = about.get("intents")
        if not isinstance(intents, int) or intents & ~KNOWN or "properties" not in about:
            raise Closing(INVALID_INTENTS, "Invalid intent(s)")
        if intents & (MEMBERS | PRESENCES) or (intents & CONTENT and not self.world.sees_content):
            raise Closing(DISALLOWED_INTENTS, "Disallowed intent(s)")
        session = Session(uuid.uuid4().hex, intents, socket=socket)
        self.sessions[session.id] = session
        await session.send("READY", self._ready(session))
        await session.send("GUILD_CREATE", self._guild())
        await self.world.journal.note("identified", session=session.id, intents=intents)
        return session

    def _ready(self, session: Session) -> Json:
        world = self.world
        return {
            "v": 10,
            "user": world.bot,
            "guilds": [{"id": world.guild, "unavailable": True}],
            "private_channels": [],
            "session_id": session.id,
            "resume_gateway_url": world.address.replace("http", "ws", 1) + "/gateway",
            "application": {"id": world.application, "flags": world.flags()},
        }

    def _guild(self) -> Json:
        world = self.world
        inside = [c for c in world.channels.values() if not c.person]
        rooms = [{"id": c.id, "type": c.type, "name": c.title} for c in inside if c.type != THREAD]
        threads = [thread(world, c.id) for c in inside if c.type == THREAD]
        members = [{"user": world.bot, "roles": [], "joined_at": now()}]
        about = {"id": world.guild, "name": "Lab", "owner_id": "1", "unavailable": False, "member_count": 2}
        return about | {"channels": rooms, "threads": threads, "members": members, "roles": [], "emojis": []}

    async def _resumed(self, socket: WebSocket, about: Mapping[str, Any]) -> Session | None:
        self._check_token(about)
        session = self.sessions.get(str(about.get("session_id")))
        seq = about.get("seq")
        aged = session is not None and session.socket is None and time.monotonic() > session.cut_at + SESSION
        if session is None or aged or not isinstance(seq, int):
            await self.world.journal.note("not_resumed")
            await socket.send_json({"op": INVALID_SESSION, "d": False})
            return None
        if seq > len(session.log):
            raise Closing(INVALID_SEQUENCE, "Invalid seq")
        session.socket = socket
        for frame in session.log[seq:]:
            await session.put(frame)
        await session.send("RESUMED", {})
        await self.world.journal.note("resumed", session=session.id, seq=seq)
        return session

    async def cut(self, code: int = 4000) -> None:
        """Every line breaks; the sessions stay for a while."""
        for socket in tuple(self.sockets):
            with suppress(RuntimeError):
                await socket.close(code)

    async def ask_to_reconnect(self) -> None:
        for session in self.sessions.values():
            await session.put(json.dumps({"op": RECONNECT, "d": None}))

    def forget(self) -> None:
        """No session can be resumed any more."""
        self.sessions.clear()


def thread(world: World, id: str) -> Json:
    channel = world.channels[id]
    about: Json = {
        "id": id, "type": THREAD, "name": channel.title, "guild_id": world.guild, "parent_id": channel.parent,
        "owner_id": "1", "thread_metadata": {"archived": False},
    }  # fmt: skip
    return about | ({"member": {"id": id, "user_id": world.bot["id"]}} if channel.joined else {})
