"""Methods of the Web API that write and read messages and tell who is who. Each is given the workspace whose token
called and the parameters; returns what stands in the answer beside `ok`, or raises a Refusal.

Errors are those that docs.slack.dev/reference/methods names for each.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lab.slack import blocks
from lab.slack.refusal import Refusal
from lab.slack.world import Channel, Json, Team, World

POSTED, UPDATED = 40_000, 4_000  # characters of a message's text
STREAMED = 12_000  # characters of one piece of a stream
STATUS = 120.0  # seconds that a status shows

Method = Callable[[World, Team, Mapping[str, Any]], Awaitable[Json]]


async def auth_test(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    return {
        "url": f"https://{team.name.lower()}.slack.com/",
        "team": team.name,
        "user": "aurelius",
        "team_id": team.id,
        "user_id": team.bot_user,
        "bot_id": team.bot,
        "is_enterprise_install": False,
    }


async def users_info(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    found = world.users.get(str(needed(given, "user")))
    if found is None:
        raise Refusal("user_not_found")
    return {"user": {key: value for key, value in found.items() if key != "lab"}}


async def conversations_open(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    user = str(needed(given, "users"))
    if user not in world.users:
        raise Refusal("user_not_found")
    return {"channel": {"id": world.direct(team.id, user).id}}


async def post_message(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    channel = writable(world, team, given)
    message = _content(given, POSTED) | author(team)
    thread = given.get("thread_ts")
    if thread:
        message["thread_ts"] = _root(channel, str(thread))
    full = world.put(channel, message)
    channel.status_until = 0.0
    return {"channel": channel.id, "ts": full["ts"], "message": full}


def author(team: Team) -> Json:
    return {"user": team.bot_user, "bot_id": team.bot, "app_id": "A0LAB"}


def _root(channel: Channel, thread: str) -> str:
    if thread not in channel.messages:
        raise Refusal("thread_not_found")
    return str(channel.messages[thread].get("thread_ts") or thread)


def _content(given: Mapping[str, Any], limit: int) -> Json:
    text, shown = str(given.get("text") or ""), structure(given, "blocks")
    if not text and not shown:
        raise Refusal("no_text")
    if len(text) > limit:
        raise Refusal("msg_too_long")
    found: Json = {"text": text, "blocks": blocks.check(shown) if shown is not None else []}
    metadata = structure(given, "metadata")
    if metadata is not None:
        if metadata and not (metadata.get("event_type") and isinstance(metadata.get("event_payload"), dict)):
            raise Refusal("invalid_metadata_format")
        found["metadata"] = metadata
    return found


async def update(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    """Blocks stay when only a text is given; metadata stays until an empty object takes it away."""
    channel = writable(world, team, given)
    message = own(channel, team, given, "cant_update_message")
    if message.get("streaming"):
        raise Refusal("streaming_state_conflict")
    content = _content(given, UPDATED)
    if structure(given, "blocks") is None:
        content["blocks"] = message.get("blocks", [])
    message.pop("markdown", None)
    message |= content
    channel.edits[message["ts"]] += 1
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"]}


async def delete(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    channel = readable(world, team, given)
    message = own(channel, team, given, "cant_delete_message")
    if message.get("streaming"):
        raise Refusal("cant_delete_message")
    del channel.messages[message["ts"]]
    return {"channel": channel.id, "ts": message["ts"]}


async def start_stream(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    """In a thread; in a channel it is for somebody."""
    channel = writable(world, team, given)
    thread = _root(channel, str(needed(given, "thread_ts")))
    if not channel.user:
        for name in ("recipient_team_id", "recipient_user_id"):
            if not given.get(name):
                raise Refusal(f"missing_{name}")
    text = _piece(given)
    message = author(team) | {"text": "", "blocks": [], "markdown": text, "streaming": True, "thread_ts": thread}
    full = world.put(channel, message)
    channel.status_until = 0.0
    return {"channel": channel.id, "ts": full["ts"]}


def _piece(given: Mapping[str, Any]) -> str:
    text = str(given.get("markdown_text") or "")
    if len(text) > STREAMED:
        raise Refusal("msg_too_long")
    return text


async def append_stream(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    message, channel = _streaming(world, team, given)
    if not given.get("markdown_text"):
        raise Refusal("no_text")
    message["markdown"] += _piece(given)
    return {"channel": channel.id, "ts": message["ts"]}


async def stop_stream(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    message, channel = _streaming(world, team, given)
    message["markdown"] += _piece(given)
    message["blocks"] = blocks.check(structure(given, "blocks") or [])
    message["streaming"] = False
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def _streaming(world: World, team: Team, given: Mapping[str, Any]) -> tuple[Json, Channel]:
    channel = writable(world, team, given)
    message = own(channel, team, given, "message_not_owned_by_app")
    if message.get("stopped"):
        raise Refusal("stopped_by_user")
    if not message.get("streaming"):
        raise Refusal("message_not_in_streaming_state")
    return message, channel


async def set_status(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    channel = _channel(world, team, str(given.get("channel_id") or ""))
    _root(channel, str(needed(given, "thread_ts")))
    if "status" not in given:
        raise Refusal("invalid_arguments")
    channel.status_until = time.monotonic() + STATUS if given["status"] else 0.0
    return {}


async def history(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    """Newest first, without what stands in threads; metadata only for whoever asks for it."""
    channel = readable(world, team, given)
    found = [m for m in channel.messages.values() if m.get("thread_ts") in (None, m["ts"])][::-1]
    shown = found[: int(given.get("limit") or 100)]
    if str(given.get("include_all_metadata")).lower() not in ("1", "true"):
        shown = [{key: each[key] for key in each if key != "metadata"} for each in shown]
    return {"messages": shown}


def needed(given: Mapping[str, Any], name: str) -> Any:
    if given.get(name) in (None, ""):
        messages = [f"[ERROR] missing required field: {name}"]
        raise Refusal("invalid_arguments", response_metadata={"messages": messages})
    return given[name]


def structure(given: Mapping[str, Any], name: str) -> Any:
    """What may come as JSON inside a form."""
    value = given.get(name)
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal("invalid_arguments") from None
    return value


def _channel(world: World, team: Team, id: str) -> Channel:
    found = world.channels.get(id)
    if found is None or found.team != team.id:
        raise Refusal("channel_not_found")
    return found


def readable(world: World, team: Team, given: Mapping[str, Any]) -> Channel:
    return _channel(world, team, str(given.get("channel") or ""))


def writable(world: World, team: Team, given: Mapping[str, Any]) -> Channel:
    found = readable(world, team, given)
    if not found.member:
        raise Refusal("not_in_channel")
    if found.archived:
        raise Refusal("is_archived")
    return found


def own(channel: Channel, team: Team, given: Mapping[str, Any], otherwise: str) -> Json:
    message = channel.messages.get(str(needed(given, "ts")))
    if message is None:
        raise Refusal("message_not_found")
    if message.get("bot_id") != team.bot:
        raise Refusal(otherwise)
    return message
