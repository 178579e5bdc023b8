"""What the stand-in holds: workspaces, people, channels, messages, files, views, and a log of everything."""

from __future__ import annotations

import itertools
import secrets
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lab import faults
from lab.journal import Journal
from lab.slack.refusal import Refusal

Json = dict[str, Any]

TRIGGER = 3.0  # seconds that a trigger is good for
SCOPES = (
    "app_mentions:read channels:history chat:write commands files:read files:write groups:history im:history im:write "
    "mpim:history reactions:read users:read"
).split()


@dataclass
class Team:
    """A workspace. `installed`: our app is in it; `valid`: its token is taken."""

    id: str
    name: str
    token: str
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    installed: bool = False
    valid: bool = True

    @property
    def bot_user(self) -> str:
        return f"U0BOT{self.id[1:]}"

    @property
    def bot(self) -> str:
        return f"B0{self.id[1:]}"


@dataclass
class Channel:
    """`user`: whose direct conversation with the app it is. `member`: the app was invited."""

    id: str
    team: str
    name: str = ""
    user: str = ""
    member: bool = True
    archived: bool = False
    messages: dict[str, Json] = field(default_factory=dict)  # by ts
    edits: Counter[str] = field(default_factory=Counter)
    status_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    id: str
    team: str
    name: str
    mime: str
    content: bytes
    clip: str = ""  # slack_audio, slack_video: recorded in Slack
    duration: float | None = None

    def about(self, root: str) -> Json:
        """As the API shows it."""
        address = f"{root}/files-pri/{self.team}-{self.id}/download/{self.name}"
        found: Json = {
            "id": self.id,
            "name": self.name,
            "title": self.name,
            "mimetype": self.mime,
            "size": len(self.content),
            "mode": "hosted",
            "is_external": False,
            "url_private": address.replace("/download/", "/"),
            "url_private_download": address,
        }
        more = {"subtype": self.clip} if self.clip else {}
        return found | more | ({"duration_ms": int(self.duration * 1000)} if self.duration is not None else {})


@dataclass
class Fault(faults.Fault):
    """`status` 429 comes with `retry_after`; `error` is Slack's word."""

    retry_after: int = 1
    error: str = ""


class World:
    def __init__(self, token: str, app_token: str, signing_secret: str, client_id: str, client_secret: str) -> None:
        self.app_token, self.signing_secret = app_token, signing_secret
        self.client_id, self.client_secret = client_id, client_secret
        home = Team(id="T0LAB", name="Lab", token=token, installed=True)
        self.teams = {team.id: team for team in (home, Team(id="T0TWO", name="Second", token="xoxb-lab-second-none"))}
        self.users: dict[str, Json] = {}  # by native id
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.uploads: dict[str, Json] = {}  # by upload id: what was announced, then its content
        self.triggers: dict[str, Json] = {}
        self.views: dict[str, Json] = {}  # open forms by id
        self.homes: dict[str, Json] = {}  # Home tabs by team and user
        self.codes: dict[str, Json] = {}
        self.journal, self.faults = Journal(), faults.Faults(Fault)
        self.request_url = ""  # set: events over HTTP; else Socket Mode
        self._numbers = itertools.count(1)
        self._last = 0.0

    @property
    def home(self) -> Team:
        return self.teams["T0LAB"]

    def new_id(self, letter: str) -> str:
        return f"{letter}0{next(self._numbers):09d}"

    def ts(self) -> str:
        """A moment that no other message of this workspace has."""
        self._last = max(time.time(), self._last + 0.000002)
        return f"{self._last:.6f}"

    def user(self, team: str, id: str, name: str = "") -> str:
        """The native id; the person is known from now on."""
        native = id if id[:1] == "U" else f"U{id if id.isdigit() else zlib.crc32(id.encode())}"
        handle = "".join(letter for letter in name.lower() if letter.isalnum()) or native.lower()
        known = self.users.setdefault(native, {"id": native, "team_id": team, "lab": id, "name": handle})
        if name:
            known |= {"name": handle, "real_name": name, "profile": {"real_name": name, "display_name": name}}
        return native

    def direct(self, team: str, user: str) -> Channel:
        """The person's direct conversation with the app."""
        native = f"D{team[2:]}{user[1:]}"
        return self.channels.setdefault(native, Channel(id=native, team=team, name="directmessage", user=user))

    def group(self, team: str, about: Json) -> Channel:
        given = str(about["id"])
        native = given if given[:1] == "C" else f"C{team[2:]}{given}"
        channel = self.channels.setdefault(native, Channel(id=native, team=team))
        channel.name = str(about.get("title") or channel.name or "group")
        return channel

    def put(self, channel: Channel, message: Json) -> Json:
        full: Json = {"type": "message", "ts": self.ts(), "team": channel.team} | message
        channel.messages[full["ts"]] = full
        return full

    def keep(self, file: File) -> File:
        self.files[file.id] = file
        return file

    def trigger(self, user: str) -> str:
        made = f"{int(time.time() * 1000)}.{secrets.token_hex(6)}.{secrets.token_hex(16)}"
        self.triggers[made] = {"user": user, "until": time.monotonic() + TRIGGER}
        return made

    def use_trigger(self, trigger: str) -> str:
        """The user who acted; each trigger is good for three seconds and one use."""
        found = self.triggers.get(trigger)
        if found is None:
            raise Refusal("invalid_trigger_id")
        if found.get("used"):
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() > found["until"]:
            raise Refusal("expired_trigger_id")
        found["used"] = True
        return str(found["user"])
