"""The floor of a warm "hi": the least program that answers it. A handler, the vendor's client, nothing kept.

`python -m benchmarks.bare BASE_URL` prints the port on which it listens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from benchmarks.assistant import SECONDS


async def serve(model_url: str) -> None:
    import uvicorn
    from anthropic import AsyncAnthropic
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    claude = AsyncAnthropic(api_key="loopback", base_url=model_url)

    async def answer(request: Request) -> PlainTextResponse:
        text = (await request.body()).decode()
        stream: Any = await claude.messages.create(
            model="claude-haiku-5-5", max_tokens=1000, messages=[{"role": "user", "content": text}], stream=True
        )
        words = [event.delta.text async for event in stream if event.type == "content_block_delta"]
        return PlainTextResponse("".join(words))

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    app = Starlette(routes=[Route("/", answer, methods=["POST"])])
    await uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none")).serve([listener])


@asynccontextmanager
async def bare_handler(model_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """It runs, and the client that speaks to it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare", model_url, env=os.environ, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await asyncio.wait_for(process.stdout.readline(), SECONDS))
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=url, timeout=SECONDS, trust_env=False) as client:
            yield client
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def answered(client: httpx2.AsyncClient, text: str) -> float:
    began = time.perf_counter()
    (await client.post("/", content=text)).raise_for_status()
    return time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
