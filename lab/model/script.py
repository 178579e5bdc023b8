"""Lets a test say what the model answers next, exactly, faults included.

`POST /lab/script {"match": {...}, "replies": [{...}, ...]}` queues replies for the requests that match:

match    {} takes every request; "text": a part of what the person wrote last; "anywhere": a part of the whole request;
         "tools": whether tools are offered; "results": whether the request brings tool results.
reply    "text", "tools" [{"name", "input"}] or raw "blocks" and "stop_reason"; none of them: the rules answer.
         "times" n: use this reply n times (-1: for ever, an endless tool loop for example).
faults   "status", "kind", "message", "retry_after" (seconds); "delay" before the first byte, in seconds;
         "latency": seconds for the whole answer; "chunk" characters with "gap_ms" between them;
         "cut_after": break the connection after n events; "broken": arguments of tools that are no JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.model.refusals import Refusal

MOST_REPLIES = 10_000
MATCHES = frozenset(("text", "anywhere", "tools", "results"))
REPLIES = frozenset(
    "text tools blocks stop_reason times status kind message retry_after delay latency chunk gap_ms cut_after "
    "broken usage".split()
)


@dataclass(slots=True, kw_only=True)
class Queue:
    match: dict[str, Any]
    replies: list[dict[str, Any]]


@dataclass(slots=True)
class Script:
    """The queued replies, asked in the order they were queued."""

    queues: list[Queue] = field(default_factory=list)

    def add(self, body: Any) -> None:
        """Raises Refusal when the script is not one; a misspelt field must not pass for a healthy model."""
        if not isinstance(body, dict) or not isinstance(body.get("replies"), list):
            raise Refusal(message="a script is {match: {...}, replies: [...]}")
        match, replies = body.get("match", {}), body["replies"]
        wrong = (set(body) - {"match", "replies"}) | (set(match) - MATCHES)
        wrong |= {key for reply in replies for key in reply if key not in REPLIES}
        if wrong:
            raise Refusal(message=f"a script knows nothing of {', '.join(sorted(wrong))}")
        if sum(len(queue.replies) for queue in self.queues) + len(replies) > MOST_REPLIES:
            raise Refusal(message="too many replies are queued")
        self.queues.append(Queue(match=match, replies=[dict(reply) for reply in replies]))

    def take(self, seen: dict[str, Any]) -> dict[str, Any]:
        """The next reply for a request, {} when none was queued for it. `seen` has what `match` compares."""
        for queue in self.queues:
            if queue.replies and _fits(queue.match, seen):
                reply = queue.replies[0]
                left = reply.get("times", 1)
                if left == 1:
                    queue.replies.pop(0)
                elif left > 1:
                    reply["times"] = left - 1
                return dict(reply)
        return {}


def _fits(match: dict[str, Any], seen: dict[str, Any]) -> bool:
    return all(
        wanted.lower() in seen[key].lower() if isinstance(wanted, str) else wanted == seen[key]
        for key, wanted in match.items()
    )
