"""Serves one ASGI application on loopback and says where."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]


def serve(app: Asgi, port: int, lifespan: Literal["on", "off"] = "off", sockets: bool = False) -> None:
    """Blocks until the process is told to stop. Prints `listening on http://127.0.0.1:PORT` once connections work.
    `sockets`: it serves WebSockets too."""
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    # Connections inherit it. The event loop sets it only on sockets that name their protocol, which these do not, and
    # without it an answer in two writes waits 40 ms for the other side's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan=lifespan,
        ws="websockets-sansio" if sockets else "none",
        timeout_graceful_shutdown=1,
    )
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201 the starter reads it
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
