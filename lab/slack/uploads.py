"""Files of ours: an address to send the bytes to, the bytes, then the file where people see it."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lab.slack.methods import author, needed, structure, writable
from lab.slack.refusal import Refusal
from lab.slack.world import File, Json, Team, World


async def upload_url(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    name, length = str(needed(given, "filename")), int(needed(given, "length"))
    if length <= 0:
        raise Refusal("invalid_arguments")
    file = world.new_id("F")
    world.uploads[file] = {"team": team.id, "name": PurePosixPath(name).name, "length": length}
    return {"upload_url": f"{given['root']}/upload/v1/{file}", "file_id": file}


def sent(world: World, id: str, content: bytes) -> int:
    """The bytes arrive; the status."""
    upload = world.uploads.get(id)
    if upload is None:
        return 404
    if len(content) != upload["length"]:
        return 400
    upload["content"] = content
    return 200


async def complete_upload(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    """Without a channel the file stays private."""
    files = structure(given, "files")
    if not isinstance(files, list) or not files:
        raise Refusal("invalid_arguments")
    kept = [_kept(world, team, str(each.get("id"))) for each in files]
    shown = [file.about(given["root"]) for file in kept]
    if given.get("channel_id"):
        channel = writable(world, team, {"channel": given["channel_id"]})
        message: Json = {"text": str(given.get("initial_comment") or ""), "blocks": [], "files": shown}
        thread = {"thread_ts": str(given["thread_ts"])} if given.get("thread_ts") else {}
        world.put(channel, author(team) | message | thread)
    return {"files": shown}


def _kept(world: World, team: Team, id: str) -> File:
    upload = world.uploads.get(id)
    if upload is None or upload["team"] != team.id:
        raise Refusal("file_not_found")
    if "content" not in upload:
        raise Refusal("file_upload_incomplete")
    guessed = mimetypes.guess_type(upload["name"])[0] or "application/octet-stream"
    mime = "audio/mp4" if upload["name"].endswith(".m4a") else guessed  # not known to every machine
    del world.uploads[id]
    return world.keep(File(id=id, team=team.id, name=upload["name"], mime=mime, content=upload["content"]))
