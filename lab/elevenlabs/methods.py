"""The three things the stand-in can do: hear, speak, name its voices. Each checks what the real one checks."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData, UploadFile

from lab.elevenlabs import sound
from lab.elevenlabs.refusal import Invalid, Refusal
from lab.elevenlabs.world import VOICES, Json, World

EARS = ("scribe_v3", "scribe_v2", "scribe_v2_medical", "scribe_v2_turbo")
MOUTHS = {  # characters of one request
    "eleven_v4": 5_000,
    "eleven_v4_turbo": 5_000,
    "eleven_v3": 5_000,
    "eleven_flash_v2_5": 40_000,
    "eleven_turbo_v2_5": 40_000,
    "eleven_multilingual_v2": 10_000,
}
LARGEST_FILE = 3_000_000_000
SHORTEST = 0.1  # seconds
NOT_RECOGNISED = "This is the lab. It cannot recognise speech, so it heard this sentence."
FORMATS = frozenset(
    "opus_48000_32 opus_48000_64 opus_48000_96 opus_48000_128 opus_48000_192 mp3_22050_32 mp3_24000_48 mp3_44100_32 "
    "mp3_44100_64 mp3_44100_96 mp3_44100_128 mp3_44100_192 wav_8000 wav_16000 wav_22050 wav_24000 wav_32000 "
    "wav_44100 wav_48000 pcm_8000 pcm_16000 pcm_22050 pcm_24000 pcm_32000 pcm_44100 pcm_48000".split()
)
THREE = {"en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "pt": "por", "nl": "nld", "ja": "jpn"}


async def hear(world: World, form: FormData) -> Json:
    """POST /v1/speech-to-text."""
    file, model = form.get("file"), form.get("model_id")
    if not isinstance(model, str):
        raise Invalid("body", "model_id")
    if model not in EARS:
        raise Refusal(400, "unsupported_model", f"'{model}' is not a valid model_id.")
    if not isinstance(file, UploadFile):
        raise Refusal(400, "invalid_parameters", "Must provide either file or cloud_storage_url parameter.")
    granularity = _field(form, "timestamps_granularity") or "word"
    if granularity not in ("none", "word", "character"):
        raise Invalid(
            "body", "timestamps_granularity", why="Input should be 'none', 'word' or 'character'", kind="enum"
        )
    language = _field(form, "language_code")
    if language and not re.fullmatch(r"[a-z]{2,3}", language):
        raise Refusal(400, "invalid_parameters", f"Language code {language!r} is not supported.")
    content = await file.read()
    if len(content) > LARGEST_FILE:
        raise Refusal(400, "file_too_large", "The file is too large.")
    length = await _length(content)
    known = world.hears(content) or {"text": NOT_RECOGNISED}
    return _transcript(known["text"], known.get("language") or language or "en", length, granularity)


async def _length(content: bytes) -> float:
    try:
        length = await asyncio.to_thread(sound.seconds, content)
    except ValueError:
        raise Refusal(400, "invalid_content", "The file is corrupted. Please ensure it is playable audio.") from None
    if length < SHORTEST:
        raise Refusal(400, "audio_too_short", "The audio is too short.")
    return length


def _field(form: FormData, name: str) -> str | None:
    """The client writes the word null where it has nothing to say."""
    value = form.get(name)
    return value if isinstance(value, str) and value != "null" else None


def _transcript(text: str, language: str, length: float, granularity: str) -> Json:
    """The words stand evenly over the sound, each as long as its letters, a space between two."""
    pieces = [piece for piece in re.split(r"(\s+)", text) if piece]
    letters = sum(map(len, pieces)) or 1
    words: list[Json] = []
    at = 0.0
    for piece in pieces:
        end = at + length * len(piece) / letters
        kind = "spacing" if piece.isspace() else "word"
        times = {"start": round(at, 3), "end": round(end, 3)}
        words.append({"text": piece, **times, "type": kind, "logprob": -0.05 if kind == "word" else 0.0})
        at = end
    return {
        "language_code": THREE.get(language, language),
        "language_probability": 0.98,
        "text": text,
        "words": [] if granularity == "none" else words,
        "transcription_id": hashlib.sha256(text.encode()).hexdigest()[:20],
        "audio_duration_secs": round(length, 3),
    }


async def speak(world: World, voice: str, body: Mapping[str, Any], output: str) -> tuple[bytes, str]:
    """POST /v1/text-to-speech/{voice}[/stream]: the sound and its mime."""
    model, settings = body.get("model_id") or "eleven_multilingual_v2", body.get("voice_settings") or {}
    _check_form(body, output)
    _check_words(voice, model, body["text"])
    speed = settings.get("speed") or 1.0
    if not 0.7 <= speed <= 1.2:
        raise Refusal(400, "invalid_voice_settings", f"Invalid speed {speed}: it must be between 0.7 and 1.2.")
    text, language = body["text"], body.get("language_code")
    world.pay(len(text))
    codec, rate, bits = (*output.split("_"), "0")[:3]
    made = await asyncio.to_thread(sound.spoken, text, codec, int(rate), int(bits) * 1000, speed, language or "en")
    about = {"text": text, "voice": voice, "model": model, "format": output, "settings": settings, "language": language}
    world.spoken.append(about | {"size": len(made), "sha256": hashlib.sha256(made).hexdigest()})
    return made, sound.MIMES[codec]


def _check_form(body: Mapping[str, Any], output: str) -> None:
    if not isinstance(body.get("text"), str):
        raise Invalid("body", "text")
    if output not in FORMATS:
        raise Invalid("query", "output_format", why="Input should be a known format", kind="enum")


def _check_words(voice: str, model: str, text: str) -> None:
    if voice not in [known for known, _, _ in VOICES]:
        raise Refusal(404, "voice_not_found", f"A voice with the voice_id {voice} was not found.")
    if model not in MOUTHS:
        raise Refusal(400, "model_not_found", f"A model with model ID {model} does not exist.")
    if not text.strip():
        raise Refusal(400, "input_text_empty", "Input text is empty.")
    if len(text) > MOUTHS[model]:
        raise Refusal(400, "max_character_limit_exceeded", f"This request's text has {len(text)} characters.")


def voices(query: Mapping[str, str]) -> Json:
    """GET /v2/voices: pages of `page_size`, at most 100; `search` looks into names and descriptions."""
    size = query.get("page_size", "10")
    if not size.isdecimal() or not 1 <= int(size) <= 100:
        raise Invalid("query", "page_size", why="Input should be between 1 and 100", kind="less_than_equal")
    wanted = query.get("search", "").casefold()
    found = [voice for voice in VOICES if wanted in f"{voice[1]} {voice[2]}".casefold()]
    begin = int(query.get("next_page_token") or 0)
    end = begin + int(size)
    page = [{"voice_id": known, "name": name, "description": about} for known, name, about in found[begin:end]]
    more = end < len(found)
    return {"voices": page, "has_more": more, "total_count": len(found), "next_page_token": str(end) if more else None}
