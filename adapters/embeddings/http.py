"""Embeddings by Voyage (https://docs.voyageai.com/reference/embeddings-api) and OpenAI
(https://developers.openai.com/api/reference/resources/embeddings)."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from bot.ports import Unembedded

AT_ONCE = 64  # texts in a request; OpenAI takes 2,048 of 300,000 tokens in all, Voyage 128
LONGEST = 4_000  # characters of a text: below 8,192 tokens whatever the script
SECONDS = 20.0
TRIES = 3
PAUSE = 0.5  # seconds before the second try; doubled before the third
LONGEST_PAUSE = 10.0  # that a provider may ask for
BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class Provider(ABC):
    """POST {base}/embeddings with a list of texts; the answer has `data`, a list of `index` and `embedding`."""

    title: str
    setting: str
    base_url: str
    name: str
    dimension: int
    near: float

    def __init__(self, key: str, base_url: str | None = None) -> None:
        self._key, self._url = key, f"{(base_url or self.base_url).rstrip('/')}/embeddings"
        self._client: httpx2.AsyncClient | None = None

    @abstractmethod
    def body(self, texts: Sequence[str], asked: bool) -> dict[str, Any]: ...

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        """Raises Unembedded, saying what to do, when the provider refuses or does not answer."""
        if not self._key:
            raise Unembedded(f"{self.title} needs a key: set {self.setting}.")
        vectors: list[list[float]] = []
        for start in range(0, len(texts), AT_ONCE):
            some = [text[:LONGEST] or " " for text in texts[start : start + AT_ONCE]]  # none may be empty
            vectors += self._vectors(await self._post(self.body(some, asked)), len(some))
        return vectors

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _post(self, body: Mapping[str, Any]) -> Any:
        if self._client is None:
            headers = {"Authorization": f"Bearer {self._key}"}
            self._client = httpx2.AsyncClient(timeout=SECONDS, headers=headers)
        why = ""
        for attempt in range(TRIES):
            pause = PAUSE * 2**attempt
            try:
                answer = await self._client.post(self._url, json=body)
            except httpx2.TransportError as error:
                why = type(error).__name__
            else:
                if answer.status_code == 200:
                    return _json(answer)
                why = f"status {answer.status_code}"
                if answer.status_code not in BUSY:
                    raise Unembedded(f"{self.title} refuses: {why}. Check {self.setting}.")
                pause = max(pause, _retry_after(answer))
            if attempt < TRIES - 1:
                await asyncio.sleep(pause)
        raise Unembedded(f"{self.title} does not answer: {why}.")

    def _vectors(self, answer: Any, many: int) -> list[list[float]]:
        try:
            data = sorted(answer["data"], key=lambda each: int(each["index"]))
            vectors = [[float(number) for number in each["embedding"]] for each in data]
        except (KeyError, TypeError, ValueError) as error:
            raise Unembedded(f"{self.title} answers in words that we do not understand.") from error
        if len(vectors) != many or any(len(vector) != self.dimension for vector in vectors):
            raise Unembedded(f"{self.title} gave other vectors than were asked for.")
        return [_of_length_one(vector) for vector in vectors]


class Voyage(Provider):
    title, setting = "Voyage", "VOYAGE_API_KEY"
    base_url = "https://api.voyageai.com/v1"
    name, dimension, near = "voyage/voyage-3.5", 1024, 0.45

    def body(self, texts: Sequence[str], asked: bool) -> dict[str, Any]:
        """A question and what may answer it are told apart by `input_type`; over-long texts are cut by the service."""
        kind = "query" if asked else "document"
        return {"model": "voyage-3.5", "input": texts, "input_type": kind, "output_dimension": self.dimension}


class OpenAI(Provider):
    title, setting = "OpenAI", "OPENAI_API_KEY"
    base_url = "https://api.openai.com/v1"
    name, dimension, near = "openai/text-embedding-3-small", 1536, 0.35

    def body(self, texts: Sequence[str], asked: bool) -> dict[str, Any]:
        return {"model": "text-embedding-3-small", "input": texts, "encoding_format": "float"}


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _retry_after(answer: httpx2.Response) -> float:
    try:
        return min(LONGEST_PAUSE, max(0.0, float(answer.headers.get("retry-after", "0"))))
    except ValueError:  # a date
        return 0.0


def _of_length_one(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return [number / length for number in vector]
