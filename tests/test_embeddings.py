"""Who turns texts into vectors: two services over HTTP, as strict as they are, and a model on this machine."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from adapters import embeddings
from adapters.embeddings import http
from adapters.embeddings.http import OpenAI, Provider, Voyage
from adapters.embeddings.local import FILES, LocalEmbeddings, weights
from aurelius import checkup
from aurelius.settings import Settings
from bot.ports import Unembedded

FIELDS = {
    "voyage-3.5": {"model", "input", "input_type", "output_dimension"},
    "text-embedding-3-small": {"model", "input", "encoding_format"},
}
SIZES = {"voyage-3.5": 1024, "text-embedding-3-small": 1536}


class Service:
    """Voyage and OpenAI on loopback. Refuses a wrong key, an unknown field or model, an empty text, too many texts."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.faults: list[tuple[int, dict[str, str]] | bytes | None] = []  # of the next requests; None cuts the line

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.split("content-length:")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(size))
        self.bodies.append(body)
        fault = self.faults.pop(0) if self.faults else (200, {})
        if fault is not None:
            status, headers = (200, dict[str, str]()) if isinstance(fault, bytes) else fault
            answer = fault if isinstance(fault, bytes) else b""
            if status == 200 and not answer:
                status, answer = self.answer(head, body)
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            about = f"HTTP/1.1 {status} .\r\n{lines}Content-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
            writer.write(about.encode() + answer)
            await writer.drain()
        writer.close()

    def answer(self, head: str, body: dict[str, Any]) -> tuple[int, bytes]:
        fields = FIELDS.get(body["model"])
        if "authorization: bearer right" not in head or not head.startswith("post /v1/embeddings "):
            return 401, b"{}"
        texts = body["input"]
        if fields != set(body) or not texts or len(texts) > 128 or not all(texts):
            return 400, b"{}"
        vectors = [{"index": n, "embedding": self.vector(text, body)} for n, text in enumerate(texts)]
        return 200, json.dumps({"data": vectors[::-1], "model": body["model"]}).encode()

    def vector(self, text: str, body: dict[str, Any]) -> list[float]:
        return [float(len(text)), 3.0, *[0.0] * (SIZES[body["model"]] - 2)]


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    async with server:
        service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        yield service


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSE", 0.001)


@pytest_asyncio.fixture(params=[Voyage, OpenAI])
async def provider(request: pytest.FixtureRequest, service: Service) -> AsyncIterator[Provider]:
    provider = request.param("right", service.url)
    yield provider
    await provider.close()


async def test_every_text_gets_its_own_vector_of_length_one(service: Service, provider: Provider) -> None:
    texts = ["x" * n for n in range(150)]  # more than fit in a request; the first is empty
    vectors = await provider.embed(texts)
    assert [len(body["input"]) for body in service.bodies] == [64, 64, 22]
    assert {len(vector) for vector in vectors} == {provider.dimension}
    assert all(math.isclose(math.hypot(*vector), 1) for vector in vectors)
    assert [round(3 * vector[0] / vector[1]) for vector in vectors] == [1, *range(1, 150)]


async def test_a_very_long_text_is_cut(service: Service, provider: Provider) -> None:
    await provider.embed(["word " * 100_000])
    assert len(service.bodies[0]["input"][0]) == http.LONGEST


async def test_voyage_is_told_a_question_from_what_may_answer_it(service: Service) -> None:
    voyage = Voyage("right", service.url)
    await voyage.embed(["Where does Ann live?"], asked=True)
    await voyage.embed(["Ann lives in Rome."])
    await voyage.close()
    assert [body["input_type"] for body in service.bodies] == ["query", "document"]


@pytest.mark.parametrize("fault", [None, (429, {"retry-after": "0"}), (503, {"Retry-After": "soon"}), (500, {})])
async def test_a_service_that_is_busy_is_asked_again(service: Service, provider: Provider, fault: Any) -> None:
    service.faults = [fault, fault]
    assert len(await provider.embed(["hello"])) == 1
    assert len(service.bodies) == 3


async def test_a_service_that_stays_down_is_given_up_on(service: Service, provider: Provider) -> None:
    service.faults = [(529, {})] * 9
    with pytest.raises(Unembedded, match=f"{provider.title} does not answer: status 529"):
        await provider.embed(["hello"])
    assert len(service.bodies) == 3


async def test_a_wrong_key_is_said_at_once_and_never_shown(service: Service) -> None:
    for provider in (Voyage("wrong-key", service.url), OpenAI("wrong-key", service.url)):
        with pytest.raises(Unembedded, match=provider.setting) as refused:
            await provider.embed(["hello"])
        await provider.close()
        assert "wrong-key" not in str(refused.value)
    assert len(service.bodies) == 2
    with pytest.raises(Unembedded, match="set OPENAI_API_KEY"):
        await OpenAI("", service.url).embed(["hello"])


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"[]",
        b'{"data": []}',
        b'{"data": [{"index": 0, "embedding": [1.0]}]}',
        b'{"data": [{"index": "x", "embedding": 7}]}',
    ],
)
async def test_an_answer_that_makes_no_sense_is_no_vector(service: Service, provider: Provider, answer: bytes) -> None:
    service.faults = [answer]
    with pytest.raises(Unembedded, match=provider.title):
        await provider.embed(["hello"])


@dataclass
class Chosen:
    embeddings: str
    voyage_api_key: SecretStr | None = None
    voyage_base_url: str | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None


async def test_the_setting_chooses_the_provider(service: Service) -> None:
    assert embeddings.connect(Chosen("none")) is None
    assert isinstance(embeddings.connect(Chosen("local")), LocalEmbeddings)
    chosen = Chosen("voyage", voyage_api_key=SecretStr("right"), voyage_base_url=service.url)
    assert await embeddings.check(chosen) is None
    assert "Voyage" in (await embeddings.check(Chosen("voyage")) or "")
    assert await embeddings.check(Chosen("none")) is None


def settings_of(**values: str) -> Settings:
    return Settings.model_validate(values)


async def test_the_doctor_says_how_to_get_what_is_missing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"AURELIUS_EMBEDDINGS": "openai", "OPENAI_API_KEY": "right", "OPENAI_BASE_URL": service.url}
    assert (await checkup.embeddings(settings_of())).health is checkup.Health.OK
    assert (await checkup.embeddings(settings_of(**key))).health is checkup.Health.OK
    broken = await checkup.embeddings(settings_of(AURELIUS_EMBEDDINGS="openai"))
    assert (broken.health, "OPENAI_API_KEY" in broken.remedy) == (checkup.Health.BROKEN, True)
    monkeypatch.setattr("adapters.embeddings.local.PACKAGE", "no_such_package_here")
    broken = await checkup.embeddings(settings_of(AURELIUS_EMBEDDINGS="local"))
    assert (broken.health, "make embeddings" in broken.remedy) == (checkup.Health.BROKEN, True)


async def test_weights_that_are_missing_or_not_the_right_ones_are_not_loaded(tmp_path: Path) -> None:
    local = LocalEmbeddings(tmp_path)
    with pytest.raises(Unembedded, match=r"lacks model.safetensors .*`make embeddings`"):
        await local.embed(["hello"])
    for name in FILES:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(Unembedded, match="is not the file it should be"):
        await local.embed(["hello"])
    await local.close()


def test_choosing_the_local_model_loads_nothing_yet() -> None:
    """Start stays fast: numpy, tokenizers and the weights come with the first text."""
    LocalEmbeddings()
    assert "adapters.embeddings.minilm" not in sys.modules or weights() is not None


@pytest.mark.skipif(weights() is None, reason="needs `make embeddings`")
async def test_the_local_model_puts_what_means_the_same_near() -> None:
    local = LocalEmbeddings()
    texts = ["My sister moved to Lisbon.", "Where does my sibling live now?", "The wifi password is on the board.", ""]
    vectors = await local.embed([*texts, "word " * 5000])
    again = await local.embed(texts[:1])
    await local.close()
    assert all(
        len(vector) == local.dimension and math.isclose(math.hypot(*vector), 1, rel_tol=1e-5) for vector in vectors
    )
    like = [sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors]
    assert like[1] > local.near > like[2]
    assert again[0] == pytest.approx(vectors[0], abs=1e-5)  # whatever it is padded beside
