"""A stand-in of Open-Meteo on loopback: it knows one city, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

BERLIN = {"name": "Berlin", "latitude": 52.52, "longitude": 13.41, "country": "Germany", "admin1": "State of Berlin"}
DAILY = {
    "time": ["2026-11-20", "2026-11-21", "2026-11-22"],
    "weather_code": [3, 63, 71],
    "temperature_2m_max": [8.4, 6.6, 0.5],
    "temperature_2m_min": [2.5, 1.2, -4.4],
    "precipitation_probability_max": [10, 95, None],
}


class OpenMeteo:
    """`answers` by path; bytes are sent as they are, a number is a status without a body."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, Any] = {}
        self.reset()

    def reset(self) -> None:
        self.asked.clear()
        self.answers = {"/v1/search": {"results": [BERLIN]}, "/v1/forecast": {"daily": DAILY}}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        address = urlsplit(head.split(" ", 2)[1])
        self.asked.append((address.path, {name: values[0] for name, values in parse_qs(address.query).items()}))
        answer = self.answers.get(address.path, 404)
        status = answer if isinstance(answer, int) else 200
        body = answer if isinstance(answer, bytes) else b"" if isinstance(answer, int) else json.dumps(answer).encode()
        writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def open_meteo() -> AsyncIterator[OpenMeteo]:
    service = OpenMeteo()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    async with server:
        service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield service
