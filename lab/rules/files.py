"""Files that the person sent in: which there are, what stands in them, and forgetting one."""

from __future__ import annotations

import re

from lab.rules.answer import Answer, Rule, call, clean, rule
from lab.rules.request import Turn

FILE = r"(?:the |my )?(?:file|document|pdf) (?P<file>[^\n]{1,120}?)"
STYLES = {"briefly": "brief", "in detail": "detailed", "in bullets": "bullets", "as bullets": "bullets"}


def _find(found: re.Match[str], _: Turn) -> Answer:
    return call("files.find", query=clean(found["query"]))


def _read(found: re.Match[str], _: Turn) -> Answer:
    return call("files.read", file=clean(found["file"]))


def _forget(found: re.Match[str], _: Turn) -> Answer:
    return call("files.forget", file=clean(found["file"]))


def _summarise(found: re.Match[str], _: Turn) -> Answer:
    style = STYLES.get((found["style"] or "").lower())
    return call("summaries.file", file=clean(found["file"]), **({"style": style} if style else {}))


RULES: tuple[Rule, ...] = (
    rule(
        r"(?:show|list)(?: me)? (?:all )?(?:of )?my (?:files|documents)"
        r"|(?:what|which) (?:files|documents) (?:do you have|did i send(?: you)?|have i sent(?: you)?)",
        lambda *_: call("files.list"),
    ),
    rule(r"(?:find|search(?: for)?|look for|look up) (?P<query>.{2,200}?) in my (?:files|documents)", _find),
    rule(r"search (?:in )?my (?:files|documents) for (?P<query>.{2,200})", _find),
    rule(rf"(?:read|open|show)(?: me)? {FILE}", _read),
    rule(rf"(?:forget|delete|remove) {FILE}", _forget),
    rule(rf"(?:summari[sz]e|sum up) {FILE}(?: (?P<style>briefly|in detail|in bullets|as bullets))?", _summarise),
)
