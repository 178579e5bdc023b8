"""Files and shared messages of a Slack message as attachments, and where to fetch what they hold. Pure.

Field names are those of Slack's file object (docs.slack.dev/reference/objects/file-object).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.chat.slack.words import readable
from bot.message import Attachment, Kind

Data = Mapping[str, Any]

QUOTED = "quoted:"  # such a ref holds the text itself
VISION = ("image/jpeg", "image/png", "image/gif", "image/webp")
CLIPS = {"slack_audio": Kind.VOICE, "slack_video": Kind.VIDEO}  # recorded in Slack by whoever sends them


def files(message: Data, team: str) -> tuple[Attachment, ...]:
    """What can be fetched; a file that is gone, or lives elsewhere, has no private address."""
    user = message.get("user")
    found = [_file(file, team, user) for file in message.get("files") or () if file.get("url_private")]
    return (*found, *shared(message.get("attachments") or ()))


def _file(file: Data, team: str, sender: Any) -> Attachment:
    """A clip recorded in Slack may call itself video/mp4 even when it is only sound; somebody else's, sent on, is a
    file like any other."""
    mime = str(file.get("mimetype") or "application/octet-stream")
    kind = CLIPS.get(str(file.get("subtype"))) or _kind(mime)
    if kind is Kind.VOICE and file.get("user", sender) != sender:
        kind = Kind.FILE
    if file.get("subtype") == "slack_audio" and mime.startswith("video/"):
        mime = mime.replace("video/", "audio/", 1)
    address = str(file.get("url_private_download") or file["url_private"])
    return Attachment(
        kind=kind,
        ref=f"{team} {address}",
        mime=mime,
        size=int(file.get("size") or 0),
        name=str(file.get("name") or file.get("title") or "file"),
        duration=file["duration_ms"] / 1000 if "duration_ms" in file else None,
    )


def _kind(mime: str) -> Kind:
    if mime in VISION:
        return Kind.IMAGE
    return Kind.VIDEO if mime.startswith("video/") else Kind.FILE


def shared(attachments: Sequence[Data]) -> tuple[Attachment, ...]:
    """Messages of others that were shared with this one: files, never words of the person who shares them."""
    return tuple(
        quoted(readable(str(shown["text"]), {}), str(shown.get("author_name") or ""), "shared")
        for shown in attachments
        if (shown.get("is_share") or shown.get("is_msg_unfurl")) and shown.get("text")
    )


def quoted(text: str, author: str, how: str) -> Attachment:
    return Attachment(
        kind=Kind.FILE,
        ref=QUOTED + text,
        mime="text/plain",
        size=len(text.encode(errors="replace")),
        name=f"message {how} from {author or 'somebody'}",
    )
