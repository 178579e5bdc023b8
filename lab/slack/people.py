"""The person's side: what somebody does in Slack, as requests of a test or of the lab's page.

A person is {id, name, team?}, a group {id, kind: "group", title}; ids are strings here and Slack's own inside.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from lab.person_side import Act
from lab.slack import blocks, views
from lab.slack.delivery import Deliveries, post, signed
from lab.slack.refusal import Refusal
from lab.slack.world import Channel, File, Json, Team, World

CLIPS = {"voice": "slack_audio"}
MIMES = {"photo": "image/jpeg", "voice": "audio/mp4", "audio": "audio/mpeg", "video": "video/mp4"}
NAMES = {"voice": "audio_message.m4a", "photo": "photo.jpg"}
EMOJI = {"👍": "+1", "👎": "-1", "❤️": "heart", "✅": "white_check_mark"}


class Person:
    """Somebody at a channel, as a request of the person's side names them."""

    def __init__(self, world: World, deliveries: Deliveries, body: Json) -> None:
        about = body["user"]
        self.world, self.deliveries, self.body = world, deliveries, body
        self.team: Team = world.teams[str(about.get("team") or world.home.id)]
        self.id = world.user(self.team.id, str(about["id"]), str(about.get("name") or ""))
        group = body.get("chat")
        self.channel: Channel = world.group(self.team.id, group) if group else world.direct(self.team.id, self.id)

    @property
    def user(self) -> Json:
        name = self.world.users[self.id]["name"]
        return {"id": self.id, "username": name, "name": name, "team_id": self.team.id}

    def message(self, name: str = "message") -> Json:
        found = self.channel.messages.get(str(self.body[name]))
        if found is None:
            raise Refusal("message_not_found")
        return found

    async def event(self, event: Json) -> Json:
        """An event happens, of which the app hears when it is installed there."""
        if not self.team.installed:
            raise Refusal("the app is not in this workspace")
        event_id = f"Ev{self.world.new_id('')}"
        seen = {"enterprise_id": None, "team_id": self.team.id, "user_id": self.team.bot_user, "is_bot": True}
        payload: Json = {
            "type": "event_callback",
            "token": "deprecated",
            "team_id": self.team.id,
            "api_app_id": "A0LAB",
            "event_id": event_id,
            "event_time": int(time.time()),
            "event": event,
            "authorizations": [seen | {"is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }
        await self.world.journal.note("event", event=event_id, kind=event["type"], given=event)
        self.deliveries.deliver("events_api", payload, event_id)
        return {"event": event_id, "message": event.get("ts") or event.get("message", {}).get("ts")}

    async def interaction(self, kind: str, about: Json) -> Json:
        """A press, a form, a shortcut: delivered once."""
        trigger = self.world.trigger(self.id)
        payload: Json = {
            "type": kind,
            "user": self.user,
            "team": {"id": self.team.id, "domain": self.team.name.lower()},
            "api_app_id": "A0LAB",
            "token": "deprecated",
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": trigger,
        }
        await self.world.journal.note("event", event=trigger, kind=kind, given=about)
        delivery = self.deliveries.deliver("interactive", payload | about, trigger)
        return {"event": trigger, "message": about.get("message", {}).get("ts"), "delivery": delivery}


async def say(person: Person) -> Json:
    """`text`, `file` {kind, name, mime, base64, duration}, `reply_to`, `thread`, `mention`, and `fields` that are put
    into the message as they are."""
    body, channel = person.body, person.channel
    text = blocks_escaped(str(body.get("text") or ""))
    if body.get("mention"):
        text = f"<@{person.team.bot_user}> {text}"
    message: Json = {"user": person.id, "text": text, "client_msg_id": person.world.new_id("m")}
    if body.get("file"):
        message |= {"subtype": "file_share", "files": [_file(person, body["file"])]}
    thread = body.get("thread") or body.get("reply_to")
    if thread:
        root = channel.messages.get(str(thread), {})
        message["thread_ts"] = str(root.get("thread_ts") or thread)
    message |= body.get("fields") or {}
    full = person.world.put(channel, message)
    return await _spoken(person, full, bool(body.get("mention")))


def blocks_escaped(text: str) -> str:
    """As Slack writes what people type."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def _spoken(person: Person, message: Json, mention: bool) -> Json:
    """Whoever mentions the app where it is a member is heard twice, in two events."""
    channel = person.channel
    kind = "im" if channel.user else "channel"
    told: Json = {"event": None, "message": message["ts"]}
    if mention and not channel.user:
        shown = {key: value for key, value in message.items() if key != "subtype"}
        told = await person.event(shown | {"type": "app_mention", "channel": channel.id, "event_ts": message["ts"]})
    if channel.user or channel.member:
        about = {"channel": channel.id, "channel_type": kind, "event_ts": message["ts"]}
        told = await person.event(message | about)
    return told


def _file(person: Person, given: Json) -> Json:
    kind = str(given.get("kind") or "document")
    file = File(
        id=person.world.new_id("F"),
        team=person.team.id,
        name=str(given.get("name") or NAMES.get(kind) or "file"),
        mime=str(given.get("mime") or MIMES.get(kind) or "application/octet-stream"),
        content=base64.b64decode(given.get("base64") or ""),
        clip=CLIPS.get(kind, ""),
        duration=float(given["duration"]) if given.get("duration") else None,
    )
    return person.world.keep(file).about(person.body["root"])


async def command(person: Person) -> Json:
    """The app has one slash command, /aurelius; what it is to do stands behind it."""
    name, text = str(person.body["name"]), str(person.body.get("text") or "")
    trigger = person.world.trigger(person.id)
    payload: Json = {
        "command": "/aurelius",
        "text": text if name == "aurelius" else f"{name} {text}".strip(),
        "user_id": person.id,
        "user_name": person.user["name"],
        "team_id": person.team.id,
        "team_domain": person.team.name.lower(),
        "channel_id": person.channel.id,
        "channel_name": person.channel.name,
        "api_app_id": "A0LAB",
        "token": "deprecated",
        "is_enterprise_install": "false",
        "response_url": f"{person.body['root']}/response/{trigger}",
        "trigger_id": trigger,
    }
    await person.world.journal.note("event", event=trigger, kind="command", given=payload)
    delivery = person.deliveries.deliver("slash_commands", payload, trigger)
    delivery.answer.add_done_callback(lambda answered: _aside(person, answered.result()))
    return {"event": trigger, "message": None}


def _aside(person: Person, answer: Json) -> None:
    """What only the person sees, in the channel where they are."""
    if answer.get("text"):
        author = {"user": person.team.bot_user, "bot_id": person.team.bot, "ephemeral": person.id}
        person.world.put(person.channel, author | {"text": answer["text"], "blocks": answer.get("blocks") or []})


async def edit(person: Person) -> Json:
    message = person.message()
    before = dict(message)
    message |= {
        "text": blocks_escaped(str(person.body["text"])),
        "edited": {"user": person.id, "ts": person.world.ts()},
    }
    person.channel.edits[message["ts"]] += 1
    event: Json = {
        "type": "message",
        "subtype": "message_changed",
        "channel": person.channel.id,
        "channel_type": "im" if person.channel.user else "channel",
        "hidden": True,
        "message": dict(message),
        "previous_message": before,
        "ts": person.world.ts(),
        "event_ts": person.world.ts(),
    }
    return await person.event(event) | {"message": message["ts"]}


async def press(person: Person) -> Json:
    """`button` is the beginning of its label or all of its token; `message` "home" means the Home tab. Buttons that are
    gone can still be pressed by their token, as in an app that was offline."""
    at_home = person.body["message"] == "home"
    view = person.world.homes.get(f"{person.team.id} {person.id}") if at_home else None
    message = {} if at_home else person.message()
    wanted = str(person.body["button"])
    there = list(blocks.buttons((view or message).get("blocks") or []))
    button = next((b for b in there if b["text"]["text"].startswith(wanted)), None)
    button = button or next((b for b in there if b.get("value") == wanted), _gone(wanted))
    action = {**button, "action_ts": person.world.ts()}
    where: Json = {"view": view, "container": {"type": "view", "view_id": (view or {}).get("id")}}
    if not at_home:
        channel = {"id": person.channel.id, "name": person.channel.name}
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel["id"]}
        where = {"channel": channel, "message": message, "container": container}
    return _told(await person.interaction("block_actions", where | {"actions": [action], "state": {"values": {}}}))


def _gone(token: str) -> Json:
    label = {"type": "plain_text", "text": "Gone"}
    return {"type": "button", "action_id": "gone", "block_id": "gone", "text": label, "value": token}


def _told(happened: Json) -> Json:
    return {key: happened[key] for key in ("event", "message")}


async def submit(person: Person) -> Json:
    """`form` by its id, `values` by name; what is not among them stays as it was."""
    view = person.world.views.get(str(person.body["form"]))
    if view is None or view["user"] != person.id:
        raise Refusal("view_not_found")
    state = {"values": views.values(view, person.body.get("values") or {})}
    happened = await person.interaction("view_submission", {"view": view | {"state": state}, "response_urls": []})

    def closes(answered: Any) -> None:
        if answered.result().get("response_action") not in ("errors", "update"):
            person.world.views.pop(view["id"], None)

    happened["delivery"].answer.add_done_callback(closes)
    return _told(happened)


async def shortcut(person: Person) -> Json:
    """`shortcut` is the callback id; it is about `message`."""
    channel = {"id": person.channel.id, "name": person.channel.name}
    about: Json = {"callback_id": str(person.body["shortcut"]), "channel": channel, "message": person.message()}
    about |= {"action_ts": person.world.ts(), "message_ts": person.body["message"]}
    about |= {"response_url": f"{person.body['root']}/response/shortcut"}
    return _told(await person.interaction("message_action", about))


async def react(person: Person) -> Json:
    message, emoji = person.message(), str(person.body["emoji"])
    item = {"type": "message", "channel": person.channel.id, "ts": message["ts"]}
    event: Json = {"type": "reaction_added", "user": person.id, "reaction": EMOJI.get(emoji, emoji.strip(":"))}
    return await person.event(event | {"item": item, "item_user": message["user"], "event_ts": person.world.ts()})


async def stop(person: Person) -> Json:
    """Slack shows nothing to press below a growing answer: people write it, where it grows, and to whom."""
    growing = next((m for m in person.channel.messages.values() if m.get("streaming")), {})
    thread = {"thread": growing["thread_ts"]} if growing else {}
    person.body |= {"text": "stop", "mention": not person.channel.user} | thread
    return await say(person)


async def home(person: Person) -> Json:
    """Open the Home tab of the app."""
    about = {"type": "app_home_opened", "user": person.id, "channel": person.world.direct(person.team.id, person.id).id}
    return await person.event(about | {"tab": "home", "event_ts": person.world.ts()})


PERSONAL = (say, command, edit, press, submit, shortcut, react, stop, home)


async def again(world: World, deliveries: Deliveries, body: Json) -> Json:
    deliveries.again(str(body["event"]))
    await world.journal.note("again", event=body["event"])
    return {"event": body["event"]}


async def drop(world: World, deliveries: Deliveries, body: Json) -> Json:
    await world.journal.note("drop")
    await deliveries.drop()
    return {}


async def renew(world: World, deliveries: Deliveries, body: Json) -> Json:
    """Slack asks for a new connection, as it does every hour or so."""
    await world.journal.note("renew")
    await deliveries.renew()
    return {}


async def revoke(world: World, deliveries: Deliveries, body: Json) -> Json:
    """The token is refused, until `restore`. With `team`: somebody removes the app from that workspace."""
    team = world.teams[str(body.get("team") or world.home.id)]
    team.valid = False
    if body.get("team"):
        person = Person(world, deliveries, {"user": {"id": "U0ADMIN", "team": team.id}})
        await person.event({"type": "tokens_revoked", "tokens": {"bot": [team.bot_user]}})
        await person.event({"type": "app_uninstalled"})
        team.installed = False
    await world.journal.note("revoke")
    return {}


async def restore(world: World, deliveries: Deliveries, body: Json) -> Json:
    world.home.valid = True
    await world.journal.note("restore")
    return {}


async def channel(world: World, deliveries: Deliveries, body: Json) -> Json:
    """What is set of a group: whether the app is a `member`, whether it is `archived`."""
    found = world.group(str(body.get("team") or world.home.id), body["chat"])
    found.member, found.archived = bool(body.get("member", True)), bool(body.get("archived"))
    await world.journal.note("channel")
    return {}


async def later(world: World, deliveries: Deliveries, body: Json) -> Json:
    """So many seconds pass, as far as triggers are concerned."""
    for trigger in world.triggers.values():
        trigger["until"] -= float(body["seconds"])
    return {}


async def end_streams(world: World, deliveries: Deliveries, body: Json) -> Json:
    """Slack ends what was not added to for a while."""
    for channel in world.channels.values():
        for message in channel.messages.values():
            message.pop("streaming", None)
    await world.journal.note("end_streams")
    return {}


async def scopes(world: World, deliveries: Deliveries, body: Json) -> Json:
    """What the app may do in our own workspace."""
    world.home.scopes = list(body["scopes"])
    return {}


async def request_url(world: World, deliveries: Deliveries, body: Json) -> Json:
    """From now on deliveries go to this address, once it has shown that it is the app's; empty: Socket Mode."""
    url = str(body["url"])
    if url:
        asked = json.dumps(
            {"type": "url_verification", "token": "deprecated", "challenge": world.new_id("ch")}
        ).encode()
        headers = {"content-type": "application/json", **signed(world.signing_secret, asked)}
        status, answer = await asyncio.to_thread(post, url, asked, headers)
        if status != 200 or answer.get("challenge") != json.loads(asked)["challenge"]:
            raise Refusal(f"the address did not answer the challenge ({status})")
    world.request_url = url
    await world.journal.note("request_url", url=url)
    return {}


OF_SLACK = (again, drop, renew, revoke, restore, channel, later, end_streams, scopes, request_url)


def acts(world: World, deliveries: Deliveries) -> dict[str, Act]:
    """What somebody does, and what Slack does, by name."""

    def personal(act: Callable[[Person], Awaitable[Json]]) -> Act:
        return lambda body: act(Person(world, deliveries, body))

    found = {act.__name__: personal(act) for act in PERSONAL}
    return found | {act.__name__: partial(act, world, deliveries) for act in OF_SLACK}
