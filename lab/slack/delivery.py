"""How deliveries reach the app: over Socket Mode, or as signed requests to its address.

Events that are not acknowledged within three seconds come again, three times at most; presses, forms and commands do
not: the person sees that the app did not answer. Several deliveries are under way at once, and none is left out
because it came before.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from lab.slack.refusal import Refusal
from lab.slack.world import Json, World

DEADLINE = 3.0  # seconds
RETRIES = 3
AGAIN = (0.2, 0.5, 1.0)  # seconds before each; the real one waits up to an hour
LINES = 10  # connections at once
LINGER = 2.0  # seconds that an old connection stays after it was asked to renew; the real one gives ten


@dataclass(eq=False)
class Delivery:
    """`key` is the event's id, or the interaction's trigger."""

    kind: str  # events_api, interactive, slash_commands
    payload: Json
    key: str
    answer: asyncio.Future[Json] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(eq=False)
class Line:
    socket: WebSocket
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    renewing: bool = False


class Deliveries:
    def __init__(self, world: World) -> None:
        self._world = world
        self._tickets: set[str] = set()
        self._lines: list[Line] = []
        self._open: dict[str, Delivery] = {}  # by envelope id
        self._known: dict[str, Delivery] = {}  # by key
        self._tasks: set[asyncio.Task[None]] = set()

    def ticket(self) -> str:
        made = secrets.token_urlsafe(16)
        self._tickets.add(made)
        return made

    def deliver(self, kind: str, payload: Json, key: str, *, trial: int = 0) -> Delivery:
        """Begins; what became of it is told in the log."""
        delivery = self._known[key] = Delivery(kind, payload, key)
        over_http = bool(self._world.request_url)
        work = self._over_http(delivery, trial) if over_http else self._over_socket(delivery, trial)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    def again(self, key: str) -> None:
        """The same once more, as after an acknowledgement that got lost."""
        known = self._known.get(key)
        if known is None:
            raise Refusal("no_such_event")
        self.deliver(known.kind, known.payload, key, trial=1)

    async def listen(self, socket: WebSocket) -> None:
        """One connection of the app, from its first word to its last."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets or len(self._lines) >= LINES:
            await socket.close(1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        line = Line(socket)
        self._lines.append(line)
        await socket.send_json(self._hello())
        await self._world.journal.note("connected")
        try:
            while True:
                self._acknowledged(await socket.receive_json())
        except (WebSocketDisconnect, RuntimeError, ValueError):
            pass
        finally:
            self._lines.remove(line)
            line.gone.set()
            await self._world.journal.note("disconnected")

    def _hello(self) -> Json:
        about = {"host": "lab", "approximate_connection_time": 18060}
        return {
            "type": "hello",
            "num_connections": len(self._lines),
            "debug_info": about,
            "connection_info": {"app_id": "A0LAB"},
        }

    def _acknowledged(self, said: Json) -> None:
        delivery = self._open.pop(str(said.get("envelope_id")), None)
        if delivery is not None and not delivery.answer.done():
            delivery.answer.set_result(said.get("payload") or {})

    async def drop(self) -> None:
        """Every connection breaks."""
        for line in tuple(self._lines):
            line.gone.set()
            await line.socket.close(1011)

    async def renew(self) -> None:
        """Every connection is to be replaced; it stays for a moment, but gets nothing new."""
        for line in tuple(self._lines):
            line.renewing = True
            await line.socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
            asyncio.get_running_loop().call_later(LINGER, self._close, line)

    def _close(self, line: Line) -> None:
        if line in self._lines:
            task = asyncio.create_task(line.socket.close(1000))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _line(self, patience: float | None) -> Line | None:
        """The newest connection; waits for one."""

        def there() -> Line | None:
            return next((line for line in reversed(self._lines) if not line.renewing and not line.gone.is_set()), None)

        try:
            async with asyncio.timeout(patience), self._world.journal.changed:
                return await self._world.journal.changed.wait_for(there)
        except TimeoutError:
            return None

    async def _over_socket(self, delivery: Delivery, trial: int) -> None:
        event = delivery.kind == "events_api"
        for attempt in range(trial, trial + (1 + RETRIES if event else 1)):
            line = await self._line(None if event else DEADLINE)
            if line is not None and await self._tried(line, delivery, attempt):
                await self._tell(delivery, "acknowledged", attempt)
                return
        await self._tell(delivery, "given up", attempt)

    async def _tried(self, line: Line, delivery: Delivery, attempt: int) -> bool:
        envelope: Json = {
            "envelope_id": secrets.token_hex(16),
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if attempt:
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout"}
        self._open[envelope["envelope_id"]] = delivery
        try:
            await line.socket.send_json(envelope)
        except (RuntimeError, WebSocketDisconnect):
            return False
        await self._tell(delivery, "sent", attempt)
        gone: asyncio.Future[Any] = asyncio.ensure_future(line.gone.wait())
        await asyncio.wait([delivery.answer, gone], timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        return delivery.answer.done()

    async def _over_http(self, delivery: Delivery, trial: int) -> None:
        event = delivery.kind == "events_api"
        for attempt in range(trial, trial + (1 + RETRIES if event else 1)):
            if attempt > trial:
                await asyncio.sleep(AGAIN[min(attempt, len(AGAIN)) - 1])
            status, answer = await asyncio.to_thread(self._post, delivery, attempt)
            await self._tell(delivery, f"answered {status}", attempt)
            if 200 <= status < 300:
                delivery.answer.set_result(answer)
                return

    def _post(self, delivery: Delivery, attempt: int) -> tuple[int, Json]:
        body, kind = encoded(delivery)
        headers = {"content-type": kind, **signed(self._world.signing_secret, body)}
        if attempt:
            headers |= {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": "http_timeout"}
        return post(self._world.request_url, body, headers)

    async def _tell(self, delivery: Delivery, what: str, attempt: int) -> None:
        await self._world.journal.note(
            "delivery", event=delivery.key, kind=delivery.kind, outcome=what, attempt=attempt
        )


def encoded(delivery: Delivery) -> tuple[bytes, str]:
    """Events are JSON, interactions JSON in a form, commands a form."""
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload).encode(), "application/json"
    form = {"payload": json.dumps(delivery.payload)} if delivery.kind == "interactive" else delivery.payload
    return urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"


def signed(secret: str, body: bytes) -> dict[str, str]:
    at = str(int(time.time()))
    signature = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Json]:
    """The status, 0 when nobody answers in time, and what came as JSON."""
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - the address that the app was given
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:  # noqa: S310
            text = answer.read()
            found: Any = json.loads(text) if "json" in answer.headers.get("content-type", "") else {}
            return int(answer.status), found
    except urllib.error.HTTPError as error:
        return error.code, {}
    except OSError:
        return 0, {}
