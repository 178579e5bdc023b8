"""The Graph API of one WhatsApp number over plain HTTP. Any process may use it; nothing is held open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from adapters.chat.whatsapp.failure import refused
from bot.message import Upload
from bot.ports import Unsent

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

ROOT = "https://graph.facebook.com"
VERSION = "v26.0"  # the newest that pywa 4.5 speaks (pywa.utils.Version.GRAPH_API)
CONNECT, ANSWER = 5.0, 20.0  # seconds
AT_ONCE = 32  # connections
LARGEST = 100 * 1024 * 1024  # bytes; Meta lets no larger file through (cloud-api/reference/media)
LONGEST_ERROR = 100_000  # bytes


class Connection:
    """Every method raises `Refused` for an answer that is an error and httpx2's `HTTPError` for none at all."""

    def __init__(self, token: str, number_id: str, root: str | None) -> None:
        self.number_id = number_id
        self._token, self._root = token, (root or ROOT).rstrip("/")
        self._client: AsyncClient | None = None
        self._making = asyncio.Lock()

    async def number(self) -> Any:
        """What Meta knows of our number; also tells whether the token works."""
        fields = {"fields": "verified_name,display_phone_number,quality_rating"}
        return await self._call("GET", self.number_id, params=fields)

    async def post(self, body: Any) -> str:
        """Send a message; returns its id (wamid)."""
        answer = await self._call("POST", f"{self.number_id}/messages", json=body)
        return str(answer["messages"][0]["id"])

    async def mark(self, body: Any) -> None:
        """Mark a message as read, with or without showing that we type."""
        await self._call("POST", f"{self.number_id}/messages", json=body)

    async def upload(self, upload: Upload, mime: str) -> str:
        """Returns the media's id."""
        files = {"file": (upload.about.name or "file", upload.content, mime)}
        data = {"messaging_product": "whatsapp", "type": mime}
        answer = await self._call("POST", f"{self.number_id}/media", data=data, files=files)
        return str(answer["id"])

    async def download(self, media: str) -> bytes:
        """The address that a lookup gives lives for 5 minutes and wants the token too. Raises Unsent for too much."""
        about = await self._call("GET", media, params={"phone_number_id": self.number_id})
        client = await self._made()
        async with client.stream("GET", str(about["url"]), follow_redirects=True) as answer:
            if answer.is_error:
                raise await _refusal(answer)
            content = bytearray()
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise Unsent("files of more than 100 MB are not fetched from WhatsApp", again=False)
        return bytes(content)

    async def _call(self, method: str, path: str, **more: Any) -> Any:
        client = await self._made()
        answer = await client.request(method, f"{self._root}/{VERSION}/{path}", **more)
        if answer.is_error:
            raise await _refusal(answer)
        return answer.json()

    async def _made(self) -> AsyncClient:
        async with self._making:
            if self._client is None:
                self._client = await asyncio.to_thread(_client, self._token)
        return self._client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def _client(token: str) -> AsyncClient:
    """Made in a thread: loading the HTTP client and the certificates takes a while."""
    from httpx2 import AsyncClient, Limits, Timeout

    return AsyncClient(
        headers={"authorization": f"Bearer {token}"},
        timeout=Timeout(ANSWER, connect=CONNECT),
        limits=Limits(max_connections=AT_ONCE),
    )


async def _refusal(answer: Response) -> Exception:
    await answer.aread()
    try:
        body = answer.json() if len(answer.content) < LONGEST_ERROR else None
    except ValueError:
        body = None
    return refused(answer.status_code, body, answer.headers.get("retry-after"))
