"""Reads a request of the Messages API the way the rules need it: who said what, which tools, what they answered."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

CONTEXT = re.compile(r"<context>(.*)</context>", re.DOTALL)
ATTACHED = re.compile(r"<untrusted[^>]*>(.*?)</untrusted>", re.DOTALL)
UNTRUSTED = re.compile(r"\s*<untrusted[^>]*>(.*)</untrusted>\s*", re.DOTALL)
CARD = re.compile(r"^- card (\S+?): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a tool answered, after unwrapping. `said` is the JSON; a result that is none has only "text"."""

    said: dict[str, Any]
    failed: bool = False

    @property
    def silent(self) -> bool:
        """It went well and there is nothing to say about it."""
        return self.said.get("ok") is True and self.said.get("text") == ""

    @property
    def asks(self) -> str:
        """ "zone", "which": what the skill wants to know from the person; "" when it asks nothing."""
        data = self.said.get("data")
        return str(data.get("ask", "")) if isinstance(data, dict) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`text` is exactly what the person wrote last; `results` answer the calls made since. `rounds` counts how often
    tools were already called in this turn, `earlier` and `replies` hold what was said before, oldest first."""

    text: str
    now: datetime
    attached: str = ""  # what files brought along with the message: only ever content, never a request
    zone: str = ""
    name: str = ""
    cards: tuple[Card, ...] = ()
    results: tuple[Result, ...] = ()  # of all rounds of this turn
    rounds: int = 0
    ok: bool = True  # every result of this turn so far was a success
    earlier: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    options: tuple[str, ...] = ()  # the names a "which one?" offered just before
    uses: tuple[tuple[str, dict[str, Any]], ...] = ()  # every earlier call of the conversation
    tools: frozenset[str] = frozenset()
    schema: Any = None
    system: str = ""

    @property
    def last_reply(self) -> str:
        return self.replies[-1] if self.replies else ""


@dataclass(slots=True)
class _Reading:
    """What has been seen while going through the messages once."""

    text: str = ""
    context: str = ""
    earlier: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    uses: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    rounds: int = 0
    ok: bool = True

    def person(self, texts: list[str]) -> None:
        if self.text:
            self.earlier.append(self.text)
        self.text = texts[0]
        found = CONTEXT.search(texts[-1]) if len(texts) > 1 else None  # never in what the person wrote
        self.context = found[1] if found else ""
        self.rounds, self.ok, self.results = 0, True, []

    def tools(self, results: list[Result]) -> None:
        self.results += results
        self.ok = self.ok and all(result.said.get("ok", False) for result in results)
        for result in results:
            if result.asks == "which":
                self.options = [str(_label(option)) for option in result.said["data"].get("options", [])]

    def assistant(self, blocks: list[dict[str, Any]]) -> None:
        uses = [(str(b["name"]), dict(b["input"])) for b in blocks if b["type"] == "tool_use"]
        self.uses += uses
        self.rounds += bool(uses)
        said = "\n".join(b["text"] for b in blocks if b["type"] == "text")
        if said:
            self.replies.append(said)


def _label(option: Any) -> Any:
    return option.get("text") or option.get("name") or option.get("id") if isinstance(option, dict) else option


def read(body: dict[str, Any]) -> Turn:
    """The request, already checked by `lab.model.refusals`, as a Turn."""
    seen = _Reading()
    for message in body["messages"]:
        inside = message["content"]
        blocks = [{"type": "text", "text": inside}] if isinstance(inside, str) else inside
        if message["role"] == "assistant":
            seen.assistant(blocks)
            continue
        results = [_result(block) for block in blocks if block["type"] == "tool_result"]
        texts = [block["text"] for block in blocks if block["type"] == "text"]
        if results:
            seen.tools(results)
        elif texts and message["role"] == "user":
            seen.person(texts)
    lines = dict(re.findall(r"^(now|zone|name): *(.*)$", seen.context, re.MULTILINE))
    zone = lines.get("zone", "unknown").strip()
    tools = frozenset(tool["name"] for tool in body.get("tools") or [])
    return Turn(
        text=ATTACHED.sub(" ", seen.text).strip() if tools else seen.text,
        attached="\n".join(ATTACHED.findall(seen.text)).replace("&lt;", "<"),
        now=_now(lines.get("now", "")),
        zone="" if zone == "unknown" else zone,
        name=lines.get("name", "").strip(),
        cards=tuple(Card(id=nonce, title=title) for nonce, title in CARD.findall(seen.context)),
        results=tuple(seen.results),
        rounds=seen.rounds,
        ok=seen.ok,
        earlier=tuple(seen.earlier),
        replies=tuple(seen.replies),
        options=tuple(seen.options),
        uses=tuple(seen.uses),
        tools=tools,
        schema=((body.get("output_config") or {}).get("format") or {}).get("schema"),
        system=_words(body.get("system") or ""),
    )


def _now(line: str) -> datetime:
    """The clock of the context block, `2026-11-20T19:10:00+01:00 Friday`; without one, this machine's."""
    try:
        moment = datetime.fromisoformat(line.split()[0])
    except (IndexError, ValueError):
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("UTC"))


def _words(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, dict))


def _result(block: dict[str, Any]) -> Result:
    text = _words(block.get("content") or "")
    wrapped = UNTRUSTED.fullmatch(text)
    try:
        said = json.loads(wrapped[1] if wrapped else text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {"ok": not block.get("is_error"), "text": text}
    return Result(said=said, failed=bool(block.get("is_error")))
