"""The floor of Telegram: the least program that answers there. The SDK's own polling and handler, nothing kept.

`python -m benchmarks.bare_telegram MODEL_URL TELEGRAM_URL TOKEN`"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


def serve(model_url: str, telegram_url: str, token: str) -> None:
    from anthropic import AsyncAnthropic
    from telegram import Update
    from telegram.ext import ApplicationBuilder, MessageHandler, filters

    claude = AsyncAnthropic(api_key="loopback", base_url=model_url)

    async def answer(update: Update, _: Any) -> None:
        assert update.message is not None
        content = update.message.text or ""
        stream: Any = await claude.messages.create(
            model="claude-haiku-5-5", max_tokens=1000, messages=[{"role": "user", "content": content}], stream=True
        )
        words = [event.delta.text async for event in stream if event.type == "content_block_delta"]
        await update.message.reply_text("".join(words))

    application = ApplicationBuilder().token(token).base_url(f"{telegram_url}/bot").build()
    application.add_handler(MessageHandler(filters.TEXT, answer))
    application.run_polling(drop_pending_updates=False)


@asynccontextmanager
async def bare_handler(model_url: str, telegram_url: str, token: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare_telegram", model_url, telegram_url, token,
        env=os.environ, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    serve(*sys.argv[1:])
