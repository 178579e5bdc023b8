"""The slash commands there are: each is a short way to an action, so that its plain-language twin needs nothing of
its own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.action import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """`/name rest` calls `action` with the rest of the line under `rest`. `needs`: what to say when it is missing."""

    action: str
    about: str
    rest: str = ""
    needs: str = ""
    fixed: tuple[tuple[str, Json], ...] = ()


SHORTCUTS: dict[str, Shortcut] = {
    "tasks": Shortcut(action="tasks.list", about="your open tasks"),
    "task": Shortcut(action="tasks.add", rest="title", needs="/task buy milk", about="add a task"),
    "done": Shortcut(action="tasks.complete", rest="task", needs="/done milk", about="tick off a task"),
    "reminders": Shortcut(action="reminders.list", about="your reminders"),
    "remember": Shortcut(action="memory.remember", rest="text", needs="/remember I like tea", about="keep a fact"),
    "forget": Shortcut(action="memory.forget", rest="fact", needs="/forget tea", about="remove a fact for good"),
    "recall": Shortcut(action="memory.recall", rest="query", needs="/recall tea", about="what do I know about ..."),
    "me": Shortcut(action="memory.about_me", about="all that I know about you"),
    "source": Shortcut(action="memory.source", rest="fact", needs="/source tea", about="where I know something from"),
    "learn": Shortcut(action="me.learn", rest="switch", needs="/learn off", about="whether I learn from our talks"),
    "notes": Shortcut(action="notes.list", about="your notes"),
    "note": Shortcut(action="notes.add", rest="text", needs="/note the plumber comes on Friday", about="write a note"),
    "digest": Shortcut(action="agenda.today", about="your day"),
    "usage": Shortcut(action="usage.report", about="what the models cost"),
    "trust": Shortcut(action="me.trusts", about="what runs without asking"),
    "revoke": Shortcut(action="me.revoke_trust", rest="trust", needs="/revoke 1", about="ask again in future"),
    "plans": Shortcut(action="me.plans", about="what waits or is planned"),
    "write_to": Shortcut(action="me.write_to", rest="app", about="where I write to you first"),
    "accounts": Shortcut(action="me.accounts", about="the chat apps in which I know you"),
    "link": Shortcut(action="me.accounts", about="link another chat app"),
    "why": Shortcut(action="me.why", rest="about", about="why I did or proposed something"),
    "history": Shortcut(action="me.history", about="our last messages"),
    "search": Shortcut(action="me.search", rest="query", needs="/search plumber", about="search past conversations"),
    "pause": Shortcut(action="me.pause", about="nothing but reading until /resume"),
    "resume": Shortcut(action="me.resume", about="go on as before"),
    "zone": Shortcut(action="me.set_zone", rest="zone", needs="/zone Europe/Berlin", about="set your time zone"),
    "export": Shortcut(action="memory.export", about="all your data as JSON"),
    "delete": Shortcut(action="memory.delete_everything", about="delete all your data", fixed=(("confirm", "DELETE"),)),
}
SENTENCES: dict[str, str] = {
    "remind": "remind me {}",
    "quiet": "set my quiet hours to {}",
    "summarise": "summarise {}",
    "voice": "change how you speak to me: {}",
}
OWN = {
    "help": "what I can do",
    "undo": "take back the last thing I did",
    "stop": "stop what I am doing",
    "remind": "/remind me to call Ann at 4",
    "quiet": "/quiet 22:00 to 7:00",
    "summarise": "/summarise our talk since Monday",
    "voice": "/voice slower, and always",
}
