"""The files of messages: kept as they come in with a message, given out to the page whole or in parts."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from bot.message import Attachment
from bot.people import User
from web_oauth.needs import Needs
from web_oauth.problem import Problem
from web_oauth.session import Visitor, needs_of, slow_down

FILE_BYTES = 25 * 1024 * 1024
RECORDINGS_PER_MINUTE = 30
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SOUNDS = frozenset({"audio/ogg", "audio/mpeg", "audio/wav", "audio/flac", "audio/mp4", "audio/webm"})
SHOWN_IN_PAGE = PICTURES | SOUNDS
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


async def keep_files(request: Request, user: User, form: FormData) -> list[Attachment]:
    """What lies in the field `files`, kept. The field `recorded` says that the page recorded it just now, and for how
    many seconds. Raises Problem."""
    needs, recorded = needs_of(request), form.get("recorded")
    uploads = [each for each in form.getlist("files") if isinstance(each, UploadFile)]
    if isinstance(recorded, str):
        slow_down(request, f"recordings {user.id}", RECORDINGS_PER_MINUTE, 60)
    received = [await _received(needs, upload, recorded) for upload in uploads]
    if not received:
        return []
    async with needs.memory.work(user.scope) as work:
        return [replace(found, ref=await work.files.put(found, content)) for found, content in received]


async def _received(needs: Needs, upload: UploadFile, recorded: object) -> tuple[Attachment, bytes]:
    content = await upload.read(FILE_BYTES + 1)
    name, mime = upload.filename or "", upload.content_type or ""
    if len(content) > FILE_BYTES:
        raise Problem(413, "This file is too large", f"“{name}” has more than 25 MB.")
    try:
        if isinstance(recorded, str):
            return needs.translator.recording(name, mime, content, recorded), content
        return needs.translator.attachment(name, mime, content), content
    except ValueError as error:
        raise Problem(415, "This kind of file does not work", str(error)) from None


async def get_file(request: Request, who: Visitor) -> Response:
    """A file of a message, or the part that `Range` asks for. Only plain pictures and sounds are shown by the browser;
    all else is saved, never opened here."""
    async with needs_of(request).memory.work(who.user.scope) as work:
        found = await work.files.get(request.path_params["file"])
    if found is None:
        raise Problem(404)
    attachment, content = found
    shown = attachment.mime in SHOWN_IN_PAGE
    name = "".join(c for c in attachment.name if c.isascii() and (c.isalnum() or c in "._- ")) or "file"
    headers = {
        "content-disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, max-age=3600",
        "accept-ranges": "bytes",
    }
    part = part_of(request.headers.get("range", ""), len(content)) if "if-range" not in request.headers else None
    if part is not None and not part:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(content)}"})
    if part is not None:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
        content = content[part.start : part.stop]
    media_type = attachment.mime if shown else "application/octet-stream"
    return Response(content, 206 if part is not None else 200, media_type=media_type, headers=headers)


def part_of(asked: str, size: int) -> range | None:
    """The bytes that a `Range` header asks for; None means all of them: no header, one that makes no sense, or several
    parts, which a server may answer with the whole (RFC 9110, 14.2). Empty: it lies behind the end."""
    found = RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last or size), size - 1) + 1)
