"""Socket Mode: Slack delivers over a connection that we open, and each delivery is acknowledged once it is kept.

https://docs.slack.dev/apis/events-api/using-socket-mode: an address serves for one connection; Slack asks for a new
one every hour or so, and closes the old one soon after.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from adapters.chat.slack.connection import CONNECT, Connection, said

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)  # seconds between tries, while something is wrong
HEARTBEAT = 10.0  # seconds: a line that is dead without saying so is noticed
LARGEST = 4 * 1024 * 1024  # bytes of one delivery
log = structlog.get_logger()

Take = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


class Socket:
    """Keeps one connection open, for ever; while a new one takes over, the old one is still listened to."""

    def __init__(self, connection: Connection, app_token: str, take: Take) -> None:
        self._connection, self._app_token, self._take = connection, app_token, take
        self._lines: set[asyncio.Task[None]] = set()
        self._working: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError

        failures = 0
        try:
            while True:
                try:
                    line = await self._open()
                except (SlackApiError, ClientError, OSError, TimeoutError) as error:
                    log.warning("slack_does_not_answer", why=_in_words(said(error)))
                    failures = await _rested(failures)
                    continue
                failures = 0 if await self._lasts(line) else await _rested(failures)
        finally:
            for task in (*self._lines, *self._working):
                task.cancel()

    async def _open(self) -> ClientWebSocketResponse:
        """Only once we know who we are: else what is said could not be understood."""
        session = await self._connection.session()
        await self._connection.own()
        client = await self._connection.client()
        opened = await client.apps_connections_open(app_token=self._app_token)
        async with asyncio.timeout(CONNECT):
            return await session.ws_connect(str(opened["url"]), heartbeat=HEARTBEAT, max_msg_size=LARGEST)

    async def _lasts(self, line: ClientWebSocketResponse) -> bool:
        """Returns when another connection is needed; whether this one ever worked."""
        renew, greeted = asyncio.Event(), asyncio.Event()
        reading = asyncio.create_task(self._read(line, renew, greeted), name="slack socket")
        self._lines.add(reading)
        reading.add_done_callback(self._lines.discard)
        asked = asyncio.create_task(renew.wait())
        try:
            await asyncio.wait({reading, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
        return greeted.is_set()

    async def _read(self, line: ClientWebSocketResponse, renew: asyncio.Event, greeted: asyncio.Event) -> None:
        async with line:
            async for message in line:
                try:
                    envelope = json.loads(message.data)
                except (TypeError, ValueError):
                    log.warning("slack_sent_no_json")
                    continue
                match envelope.get("type"):
                    case "hello":
                        greeted.set()
                        log.info("slack_ready", socket=True)
                    case "disconnect":
                        log.info("slack_asks_to_reconnect", why=envelope.get("reason"))
                        renew.set()
                    case _ if "envelope_id" in envelope:
                        task = asyncio.create_task(self._handle(line, envelope), name="slack delivery")
                        self._working.add(task)
                        task.add_done_callback(self._working.discard)

    async def _handle(self, line: ClientWebSocketResponse, envelope: Mapping[str, Any]) -> None:
        """What could not be taken is not acknowledged: Slack delivers it again."""
        try:
            answer = await self._take(envelope["payload"])
            payload = {"payload": answer} if answer else {}
            await line.send_json({"envelope_id": envelope["envelope_id"], **payload})
        except ConnectionError:
            log.info("slack_delivery_not_acknowledged", why="the connection is gone")
        except Exception:
            log.exception("slack_delivery_not_taken", kind=envelope.get("type"))


async def _rested(failures: int) -> int:
    """Wait before the next try; returns how many failed so far."""
    await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
    return failures + 1


def _in_words(why: str) -> str:
    hints = {
        "invalid_auth": "the token is wrong: check SLACK_BOT_TOKEN and SLACK_APP_TOKEN",
        "not_allowed_token_type": "SLACK_APP_TOKEN must be an app-level token (xapp-)",
        "token_revoked": "the token was revoked: install the app again and set SLACK_BOT_TOKEN",
        "account_inactive": "the app was removed from the workspace: install it again and set SLACK_BOT_TOKEN",
        "missing_scope": "SLACK_APP_TOKEN lacks the scope connections:write",
    }
    return f"{hints[why]} ({why})" if why in hints else why
