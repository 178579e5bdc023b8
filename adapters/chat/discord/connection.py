"""Discord's REST API behind one small class: made when first needed, and its errors in our words.

Any process may write; only one listens (gateway.py). The SDK waits out the pauses that Discord asks for."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.ports import Unsent

if TYPE_CHECKING:
    from discord.http import HTTPClient

ROOT = "https://discord.com/api/v10"
GATEWAY = "wss://gateway.discord.gg/"
CONNECT, ANSWER, TRANSFER = 5.0, 20.0, 60.0  # seconds
LONGEST_PAUSE = 30.0  # seconds that the SDK waits by itself
REVOKED = 30.0  # seconds until a refused token is tried again
GONE = 10008  # unknown message
CLOSED = {  # codes of errors after which the same message is refused again (discord.com/developers, "JSON error codes")
    10003: "the channel is gone",
    50001: "the bot has no access to this channel",
    50007: "this person takes no messages from the bot",
    50013: "the bot may not write in this channel",
    50278: "the bot shares no server with this person",
}

Body = Mapping[str, Any]
Uploaded = tuple[str, bytes, str]  # name, content, mime


class Connection:
    """`root` and `gateway` replace Discord's own addresses; the SDK keeps both for the whole process."""

    def __init__(self, token: str, root: str | None, gateway: str | None) -> None:
        self.token = token
        self._root, self._gateway = (root or ROOT).rstrip("/"), gateway or GATEWAY
        self._http: HTTPClient | None = None
        self._me = ""
        self._making = asyncio.Lock()

    async def prepared(self) -> None:
        """The SDK is loaded (in a thread: it takes a second) and knows its addresses."""
        await asyncio.to_thread(_load)
        import yarl
        from discord.gateway import DiscordWebSocket
        from discord.http import Route

        Route.BASE = self._root
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._gateway)

    async def _client(self) -> HTTPClient:
        async with self._making:
            if self._http is None:
                await self.prepared()
                from discord.http import HTTPClient

                http = HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=LONGEST_PAUSE)
                try:
                    self._me = str((await http.static_login(self.token.strip()))["id"])
                except BaseException:
                    await http.close()
                    raise
                self._http = http
        return self._http

    async def me(self) -> str:
        """The id of our own account. Raises what the SDK raises; LoginFailure for a token that is refused."""
        await self._client()
        return self._me

    async def get(self, path: str, **ids: str) -> Any:
        return await self._request("GET", path, ids)

    async def call(self, method: str, path: str, body: Any = None, **ids: str) -> Any:
        """`ids` fill the path's `{names}`; channel_id, guild_id, webhook_id and webhook_token have allowances of their
        own."""
        return await self._request(method, path, ids, **({} if body is None else {"json": body}))

    async def upload(self, path: str, body: Body, files: Sequence[Uploaded], **ids: str) -> Any:
        form: list[dict[str, Any]] = [{"name": "payload_json", "value": json.dumps(body)}]
        for number, (name, content, mime) in enumerate(files):
            form.append({"name": f"files[{number}]", "value": content, "filename": name, "content_type": mime})
        return await self._request("POST", path, ids, form=form)

    async def _request(self, method: str, path: str, ids: Mapping[str, str], **content: Any) -> Any:
        http = await self._client()  # the SDK is loaded from here on
        import aiohttp
        from discord.http import Route

        seconds = TRANSFER if "form" in content else ANSWER
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT)
        return await http.request(Route(method, path, **ids), timeout=timeout, **content)

    async def fetch(self, address: str) -> bytes:
        """A file from Discord's store."""
        http = await self._client()
        async with asyncio.timeout(TRANSFER):
            return await http.get_from_cdn(address)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        self._http = None


def _load() -> None:
    """Only where Discord is used. We join no calls: what these would need is not missing, and what they are made of may
    be out of fashion."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop  # noqa: F401
    import discord

    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False


def failures() -> tuple[type[BaseException], ...]:
    """What a call may raise: refusals, and a line that breaks."""
    import aiohttp
    import discord

    return (discord.DiscordException, aiohttp.ClientError, OSError)


def unsent(error: BaseException) -> Unsent:
    """What the error means for a message."""
    import discord

    match error:
        case discord.LoginFailure():
            return Unsent("Discord refuses the bot's token", again=True, after=REVOKED)
        case discord.RateLimited():
            return Unsent("Discord asks for a pause", again=True, after=error.retry_after)
        case discord.HTTPException():
            return _refused(error.status, error.code, error.text)
    return Unsent(repr(error), again=True, unsure=True)


def _refused(status: int, code: int, text: str) -> Unsent:
    if status == 401:
        return Unsent("Discord refuses the bot's token", again=True, after=REVOKED)
    if status == 429 or status >= 500:
        return Unsent(f"Discord answers {status}", again=True, unsure=status >= 500)
    return Unsent(CLOSED.get(code) or text or f"Discord answers {status}", again=False)


def code_of(error: BaseException) -> int:
    """Discord's own code of the error; 0 for what is none."""
    return int(getattr(error, "code", 0) or 0)
