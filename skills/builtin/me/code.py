"""What a person chose and may change, and the account of what was done for them and why."""

from __future__ import annotations

import asyncio
import re
import tomllib
import zoneinfo
from dataclasses import replace
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any

from bot.action import Outcome
from bot.codec import decode, encode
from bot.people import Speaks, User, Voice
from bot.ports import Context
from bot.records import Author, Linked, Message
from bot.repositories import Work
from bot.suggestion import State, Suggestion
from bot.trust import Trust
from bot.web import WEB
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import by_id, pick
from skills.wording import bullets, dated, moment_in_words, plain

MARKS = re.compile(r"\*\*|^#+ |^[->] |\\([\\`*_\[\]<>#+-])|\\$")
USUAL = ("usual", "default", "any", "auto", "last")  # takes a choice back
PAGE = ("web", "page", "mypage", "yourpage", "thepage", "webpage", "browser", "terminal", "webchat")
FIRST = " (I write to you here first)"
HERE = Path(__file__).parent


async def set_zone(context: Context, zone: str) -> Outcome:
    name = (await asyncio.to_thread(_zones)).get(_spoken(zone))
    if name is None:
        raise Sorry(
            f"I do not know the time zone or city “{plain(zone)}”. Tell me a big city near you, or a name like"
            " Europe/Berlin.",
            data={"ask": "zone"},
        )
    there = context.now.astimezone(zoneinfo.ZoneInfo(name))
    return await _choose(context, f"Your time zone is {name}; it is {there:%H:%M} there.", zone=name)


async def set_language(context: Context, language: str) -> Outcome:
    code = _language(language)
    return await _choose(context, f"I answer in {_language_name(code)} from now on.", language=code)


async def set_voice(
    context: Context,
    voice: str | None = None,
    speed: float | None = None,
    language: str | None = None,
    when: str | None = None,
) -> Outcome:
    changes: dict[str, Any] = {}
    if voice is not None:
        changes["name"] = "" if voice.strip().casefold() in USUAL else " ".join(voice.split())
    if speed is not None:
        changes["speed"] = float(speed)
    if language is not None:
        changes["language"] = None if language.strip().casefold() in USUAL else _language(language)
    if when is not None:
        changes["when"] = Speaks(when)
    if not changes:
        raise Sorry("What shall I change: the voice, how fast I speak, the language, or when I speak?")
    async with context.open() as work:
        chosen = replace((await work.profile.get()).voice, **changes)
    return await _choose(context, _voice_text(chosen), voice=chosen)


async def speak(context: Context) -> Outcome:
    """Nothing to do but to be called: whoever asked for it hears the answer of this turn."""
    return Outcome(ok=True, text="")


async def write_to(context: Context, app: str = "") -> Outcome:
    wanted = "".join(app.casefold().split())
    if wanted in ("", *USUAL):
        return await _choose(context, "I write to you first in the app you wrote from last.", prefers="")
    async with context.open() as work:
        linked = {account.person.platform: account.person.app for account in await work.accounts.list()}
    apps = {**linked, WEB: "my page"}
    platform = WEB if wanted in PAGE else wanted
    if platform not in apps:
        names = ", ".join(apps[name] for name in sorted(apps, key=lambda name: (name == WEB, name)))
        raise Sorry(
            f"I do not know you on {plain(app.strip())}. You can be written to here: {names}. To link another app,"
            " write “hi” to me there."
        )
    where = "on my page" if platform == WEB else f"on {apps[platform]}"
    return await _choose(context, f"From now on I write to you first {where}.", prefers=platform)


async def learn(context: Context, switch: str) -> Outcome:
    learns = switch == "on"
    async with context.open() as work:
        user = await work.profile.get()
        if learns and not user.learns:
            await work.messages.pass_over()  # what was said meanwhile was said because nobody was learning
        await work.profile.put(replace(user, learns=learns))
    if learns:
        text = "I learn facts about you from our conversations again. “What do you know about me?” shows them."
    else:
        text = "I learn nothing from our conversations by myself any more. What you tell me to remember, I still do."
    return Outcome(ok=True, text=text, undo=undo(context, "me.learn", switch="on" if user.learns else "off"))


async def pause(context: Context) -> Outcome:
    return await _choose(context, "Paused: until you resume I only look things up.", paused=True)


async def resume(context: Context) -> Outcome:
    return await _choose(context, "I go on as before.", paused=False)


async def quiet_hours(context: Context, begin: str | None = None, end: str | None = None) -> Outcome:
    if begin is None and end is None:
        return await _choose(context, "There are no quiet hours any more.", quiet_from=None, quiet_until=None)
    if begin is None or end is None:
        raise Sorry("From when until when should it be quiet?")
    first, last = _time(begin), _time(end)
    if first == last:
        raise Sorry("The quiet hours must not end when they begin.")
    text = f"Quiet from {first:%H:%M} until {last:%H:%M}. What you asked for, like a reminder, still comes."
    return await _choose(context, text, quiet_from=first, quiet_until=last)


async def set_digest(context: Context, time: str) -> Outcome:
    at = _time(time)
    text = f"Kept: {at:%H:%M} is the time of your daily digest. I do not send it by myself yet; ask for your day."
    return await _choose(context, text, digest_at=at)


async def budget(context: Context, day: float | None = None, month: float | None = None) -> Outcome:
    if day is None and month is None:
        raise Sorry("How many dollars per day or per month?")
    async with context.open() as work:
        user = await work.profile.get()
        after = replace(
            user,
            dollars_per_day=user.dollars_per_day if day is None else float(day),
            dollars_per_month=user.dollars_per_month if month is None else float(month),
        )
        await work.profile.put(after)
    text = f"Your budget is ${after.dollars_per_day:.2f} per day and ${after.dollars_per_month:.2f} per month."
    return Outcome(ok=True, text=text)


async def restore(context: Context, before: dict[str, Any]) -> Outcome:
    """Only the choices named in `before` are put back; an empty text stands for one that was not made."""
    async with context.open() as work:
        now = encode(await work.profile.get())
        chosen = {name: None if old == "" and name != "prefers" else old for name, old in before.items()}
        await work.profile.put(decode(User, now | chosen))
    return Outcome(ok=True, text="That is as it was before.")


async def trusts(context: Context) -> Outcome:
    async with context.open() as work:
        kept = await work.trusts.list()
    if not kept:
        return Outcome(ok=True, text="Nothing runs without asking: you have given no “always”.", data=[])
    lines = "\n".join(f"{n}. {_trust_line(trust, context)}" for n, trust in enumerate(kept, 1))
    text = f"You decided this once and for a while; “/revoke 1” takes back the first:\n\n{lines}"
    return Outcome(ok=True, text=text, data=[{"id": trust.id, "action": trust.action} for trust in kept])


async def revoke_trust(context: Context, trust: str) -> Outcome:
    async with context.open() as work:
        kept = await work.trusts.list()
        number = int(trust) if trust.strip().isdigit() else 0
        found = kept[number - 1] if 0 < number <= len(kept) else pick(trust, kept, _trust_text, "permission")
        await work.trusts.revoke(found.id)
    back = undo(context, "me.allow_again", trust=found)
    return Outcome(ok=True, text=f"I ask again from now on: {plain(_trust_text(found))}", undo=back)


async def allow_again(context: Context, trust: Any) -> Outcome:
    kept: Trust = decode(Trust, trust)
    async with context.open() as work:
        await work.trusts.add(kept)
    return Outcome(ok=True, text=f"Allowed again: {plain(_trust_text(kept))}")


async def plans(context: Context) -> Outcome:
    async with context.open() as work:
        waiting = await work.suggestions.open()
        snoozed = await work.suggestions.in_state(State.SNOOZED)
        planned = await work.suggestions.in_state(State.SCHEDULED)
    sections = (("Waiting for your answer", waiting), ("Put off", snoozed), ("Planned", planned))
    parts = [f"**{title}**\n\n{bullets([_plan_line(s, context) for s in kept])}" for title, kept in sections if kept]
    data = [{"id": s.id, "title": s.title, "state": s.state.value} for _, kept in sections for s in kept]
    return Outcome(ok=True, text="\n\n".join(parts) or "Nothing waits and nothing is planned.", data=data)


async def accounts(context: Context) -> Outcome:
    async with context.open() as work:
        linked = [account for account in await work.accounts.list() if account.person.platform != WEB]
        prefers = (await work.profile.get()).prefers
    places = ["My page in a browser and `aurelius chat` in a terminal: one conversation" + FIRST * (prefers == WEB)]
    places += [_account_line(each, context) + FIRST * (prefers == each.person.platform) for each in linked]
    first = (
        "" if prefers else "I write to you first in the app you wrote from last; “write to me on ...” changes that. "
    )
    text = (
        f"You can talk to me here:\n\n{bullets(places)}\n\n{first}To link another chat app, write “hi” to me there:"
        " I answer with a code and say what to do with it. To unlink one, open the start of my page."
    )
    data = [
        {"app": each.person.app, "account": each.person.name, "first": prefers == each.person.platform}
        for each in linked
    ]
    return Outcome(ok=True, text=text, data=data)


async def why(context: Context, about: str | None = None) -> Outcome:
    async with context.open() as work:
        recent = await work.suggestions.recent(100)
    hits = [s for s in recent if about is None or _is_about(s, about)]
    if not hits:
        what = f" about “{plain(about)}”" if about else ""
        raise Sorry(f"I find nothing{what} that I did or proposed.")
    return Outcome(ok=True, text=_explained(hits[0], context), data={"id": hits[0].id, "state": hits[0].state.value})


async def history(context: Context, limit: int) -> Outcome:
    if context.where is None:
        raise Sorry("There is no conversation here to look back on.")
    async with context.open() as work:
        messages = await work.messages.before(context.where, None, limit)
    if not messages:
        return Outcome(ok=True, text="Nothing was said here yet.", data=[])
    lines = bullets([_message_line(message, context) for message in messages])
    return Outcome(ok=True, text=lines, outside=any(message.outside for message in messages))


async def search(context: Context, query: str) -> Outcome:
    async with context.open() as work:
        found = await work.messages.search(query)
    if not found:
        return Outcome(ok=True, text=f"No message mentions “{plain(query)}”.", data=[])
    lines = bullets([f"{dated(hit.at, context.user)}: {plain(hit.text)}" for hit in found])
    data = [{"text": hit.text[:1000], "at": hit.at.isoformat()} for hit in found]
    outside = any(hit.outside for hit in found)
    return Outcome(ok=True, text=f"Found in our conversations:\n\n{lines}", data=data, outside=outside)


async def _choose(context: Context, text: str, **changes: Any) -> Outcome:
    async with context.open() as work:
        user = await work.profile.get()
        await work.profile.put(replace(user, **changes))
    before = {name: "" if (old := getattr(user, name)) is None else old for name in changes}
    return Outcome(ok=True, text=text, undo=undo(context, "me.restore", before=before))


def _spoken(place: str) -> str:
    return " ".join(place.casefold().replace("_", " ").replace(".", "").split(",")[0].split())


@cache
def _zones() -> dict[str, str]:
    """What people say, to the zone's name: whole names, cities that name a zone, and the table of others."""
    known = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    cities = {_spoken(name.rsplit("/", 1)[1]): name for name in reversed(known)}
    table = tomllib.loads((HERE / "places.toml").read_text(encoding="utf-8"))["zones"]
    others = {place: name for name, places in table.items() for place in places}
    return {"utc": "UTC", **cities, **{_spoken(name): name for name in known}, **others}


@cache
def _languages() -> dict[str, list[str]]:
    languages: dict[str, list[str]] = tomllib.loads((HERE / "languages.toml").read_text(encoding="utf-8"))
    return languages


def _language(said: str) -> str:
    """Its code, by its name in English or in itself, or by the code. Raises Sorry."""
    spoken = said.strip().casefold()
    code = next((code for code, names in _languages().items() if spoken == code or spoken in names), None)
    if code is None and re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", spoken):
        code = said.strip()
    if code is None:
        raise Sorry(f"I do not know the language “{plain(said)}”. Tell me its English name or its code.")
    return code


def _language_name(code: str) -> str:
    return _languages().get(code, [code])[0].title()


def _voice_text(voice: Voice) -> str:
    when = {
        Speaks.REPLY: "I answer by voice when you speak to me, and when you ask for it",
        Speaks.ALWAYS: "I always answer by voice too",
        Speaks.NEVER: "I answer by voice only when you ask for it",
    }
    how = f"with the voice {plain(voice.name)}" if voice.name else "with my usual voice"
    heard = f"; I listen for {_language_name(voice.language)}" if voice.language else ""
    fast = f"{voice.speed:g} times as fast as usual" if voice.speed != 1 else "at the usual speed"
    return f"{when[voice.when]}: {how}, {fast}{heard}."


def _time(text: str) -> time:
    match = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", text.strip().casefold())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (24, 0)
    if match and match[3]:
        hour = hour % 12 + (12 if match[3] == "pm" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59:
        raise Sorry(f"“{plain(text)}” is no time of day. Write it like 22:00.")
    return time(hour, minute)


async def named(work: Work, id: str) -> str | None:
    return next((_trust_text(trust) for trust in by_id(id, await work.trusts.list())), None)


def _trust_text(trust: Trust) -> str:
    targets = ", ".join(f"{name}: {value}" for name, value in trust.targets.items())
    limits = ", ".join(f"{name} up to {limit:g}" for name, limit in (trust.at_most or {}).items())
    kind = "never" if trust.never else "always"
    return f"{kind} {trust.action}" + "".join(f" ({part})" for part in (targets, limits) if part)


def _trust_line(trust: Trust, context: Context) -> str:
    return f"{plain(_trust_text(trust))}, until {dated(trust.until, context.user)}, used {trust.used} times"


def _plan_line(suggestion: Suggestion, context: Context) -> str:
    until = moment_in_words(suggestion.expires_at, context.user, context.now)
    return f"{plain(suggestion.title)} (expires {until})"


def _account_line(account: Linked, context: Context) -> str:
    person = account.person
    return f"{person.app}: {plain(person.name or person.id)}, since {dated(account.since, context.user)}"


def _is_about(suggestion: Suggestion, about: str) -> bool:
    own = f"{suggestion.title} {suggestion.why} {suggestion.result}".casefold()
    return suggestion.id == about.strip() or all(word in own for word in about.casefold().split())


def _explained(suggestion: Suggestion, context: Context) -> str:
    causes = {"asked": "you asked for it", "clock": "its time had come", "event": "something happened"}
    cause = causes.get(suggestion.trigger.value, "I noticed a habit of yours")
    when = moment_in_words(suggestion.created_at, context.user, context.now)
    lines = [f"Because {cause}, {when}."]
    lines += [plain(suggestion.why)] if suggestion.why else []
    lines += [f"{plain(evidence.source)}: “{plain(evidence.quote)}”" for evidence in suggestion.evidence]
    lines.append(f"Its risk: {suggestion.risk.name.lower()}. It is {suggestion.state.value} now.")
    lines += [_gist(suggestion.result)] if suggestion.result else []
    return f"**{plain(suggestion.title)}**\n\n{bullets(lines)}"


def _message_line(message: Message, context: Context) -> str:
    who, text = ("You", plain(message.text)) if message.author is Author.USER else ("I", _gist(message.text))
    at = context.user.local(message.sent_at)
    done = f" ({', '.join(plain(action) for action in message.actions)})" if message.actions else ""
    return f"{at.day} {at:%b %H:%M} {who}: {text}{done}"


def _gist(text: str) -> str:
    """The first line of an answer of ours, without its marks."""
    first, *rest = text.strip().splitlines() or [""]
    return plain(MARKS.sub(r"\1", first)) + (" …" if rest else "")
