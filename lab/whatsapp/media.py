"""Files: upload, lookup, download (cloud-api/reference/media). An address lives for 5 minutes and wants the token."""

from __future__ import annotations

import uuid

from starlette.datastructures import FormData, UploadFile

from lab.whatsapp.refusal import Refusal, missing
from lab.whatsapp.world import Json, World

MINUTES = 5 * 60.0  # of an address
DAYS_SENT, DAYS_CAME = 30, 7
MEGABYTE = 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument."
LIMITS = {
    "audio/aac": 16, "audio/amr": 16, "audio/mpeg": 16, "audio/mp4": 16, "audio/ogg": 16,
    "image/jpeg": 5, "image/png": 5, "image/webp": 0.5, "video/mp4": 16, "video/3gpp": 16,
    "text/plain": 100, "application/pdf": 100, "application/msword": 100, "application/vnd.ms-excel": 100,
    "application/vnd.ms-powerpoint": 100, f"{OFFICE}wordprocessingml.document": 100,
    f"{OFFICE}spreadsheetml.sheet": 100, f"{OFFICE}presentationml.presentation": 100,
}  # fmt: skip


async def upload(world: World, form: FormData) -> Json:
    if form.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise missing("file")
    mime = file.content_type or ""
    essence = mime.partition(";")[0].strip()
    if essence not in LIMITS:
        known = ", ".join(LIMITS)
        raise Refusal(100, f"(#100) Param file must be a file with one of the following types: {known}. Got {mime}.")
    content = await file.read()
    if not content or len(content) > LIMITS[essence] * MEGABYTE:
        raise Refusal(131053, f"Media of type {essence} must have at most {LIMITS[essence]} MB and not be empty")
    if essence == "audio/ogg" and not (content.startswith(b"OggS") and b"OpusHead" in content[:512]):
        raise Refusal(131053, "audio/ogg needs the Opus codec")
    return {"id": world.keep(content, mime, file.filename or "file", DAYS_SENT)}


def lookup(world: World, id: str, root: str) -> Json:
    media = world.media.get(id)
    if media is None or media.until < world.now():
        raise nothing(id)
    key = uuid.uuid4().hex
    world.addresses[key] = (id, world.now() + MINUTES)
    return {
        "messaging_product": "whatsapp",
        "url": f"{root}/attachments/?mid={key}",
        "mime_type": media.mime,
        "sha256": media.sha256,
        "file_size": len(media.content),
        "id": id,
    }


def fetch(world: World, key: str) -> tuple[bytes, str] | None:
    """(content, mime); None when the address is unknown or too old."""
    named, until = world.addresses.get(key, ("", 0.0))
    media = world.media.get(named)
    return None if media is None or until < world.now() else (media.content, media.mime)


def nothing(id: str) -> Refusal:
    said = f"Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions"
    return Refusal(100, said, subcode=33)
