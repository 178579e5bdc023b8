"""all-MiniLM-L6-v2 in plain numpy: a small model that turns English text into vectors on any processor.

It is BERT with 6 layers of 12 heads over 384 numbers; a text's vector is the mean over its tokens, of length 1.
The weights are those of https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np  # type: ignore[import-not-found, unused-ignore]
from tokenizers import Tokenizer  # type: ignore[import-not-found, unused-ignore]

Array = Any
HEADS, LAYERS, SIZE = 12, 6, 384
MOST_TOKENS = 256  # as the model's own settings have it; what is longer is cut
AT_ONCE = 16  # texts in one multiplication


class MiniLM:
    def __init__(self, weights: bytes, tokenizer: bytes) -> None:
        self._w = _tensors(weights)
        self._tokenizer = Tokenizer.from_buffer(tokenizer)
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each text."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(texts)), key=lambda n: len(tokens[n]))  # so that little is padded
        vectors: dict[int, list[float]] = {}
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            vectors |= zip(some, self._forward([tokens[n] for n in some]).tolist(), strict=True)
        return [vectors[n] for n in range(len(texts))]

    def _forward(self, rows: list[list[int]]) -> Array:
        longest = max(len(row) for row in rows)
        ids = np.array([row + [0] * (longest - len(row)) for row in rows])
        mask = np.array([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows], dtype=np.float32)
        x = self._w["embeddings.word_embeddings.weight"][ids]
        x = x + self._w["embeddings.position_embeddings.weight"][:longest]
        x = x + self._w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        unseen = (mask[:, None, None, :] - 1) * 1e9
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}"
            x = self._norm(x + self._attention(x, unseen, f"{layer}.attention"), f"{layer}.attention.output.LayerNorm")
            hidden = _gelu(self._dense(x, f"{layer}.intermediate.dense"))
            x = self._norm(x + self._dense(hidden, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _attention(self, x: Array, unseen: Array, name: str) -> Array:
        many, longest, _ = x.shape
        parts = [self._dense(x, f"{name}.self.{part}") for part in ("query", "key", "value")]
        query, key, value = (p.reshape(many, longest, HEADS, -1).transpose(0, 2, 1, 3) for p in parts)
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(SIZE // HEADS) + unseen
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return self._dense((scores @ value).transpose(0, 2, 1, 3).reshape(x.shape), f"{name}.output.dense")

    def _dense(self, x: Array, name: str) -> Array:
        return x @ self._w[f"{name}.weight"].T + self._w[f"{name}.bias"]

    def _norm(self, x: Array, name: str) -> Array:
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * self._w[f"{name}.weight"] + self._w[f"{name}.bias"]


def _gelu(x: Array) -> Array:
    """x times the share of a normal distribution below it; the error function by Abramowitz and Stegun, 7.1.26
    (off by 1.5e-7 at most), because numpy has none."""
    z = np.abs(x) * np.float32(math.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = 1 - tail * np.exp(-z * z)
    return x * (1 + np.sign(x) * erf) / 2


def _tensors(data: bytes) -> dict[str, Array]:
    """The safetensors format: 8 bytes with the length of a JSON header that says where each array lies, then these
    (https://github.com/huggingface/safetensors#format)."""
    size = int.from_bytes(data[:8], "little")
    header, rest = json.loads(data[8 : 8 + size]), memoryview(data)[8 + size :]
    arrays = {}
    for name, about in header.items():
        if about.get("dtype") == "F32":
            begin, end = about["data_offsets"]
            arrays[name] = np.frombuffer(rest[begin:end], dtype="<f4").reshape(about["shape"])
    return arrays
