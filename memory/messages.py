"""What was said, by conversation.

The row of the conversation is a counter: whoever writes holds it until commit, so `seq` becomes visible in order.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.message import Address
from bot.people import Scope
from bot.records import Author, Conversation, Found, Message
from bot.repositories import Stale
from memory.addresses import address_of
from memory.recollection import Recollection
from memory.rows import Owned, Shape
from memory.tables import conversations, messages

SHAPE = Shape(Message, messages, elsewhere={"at"})
TITLE = 80  # characters


def _put() -> Any:
    """One statement: the conversation's counter goes up, and the message has the number. Made once, because making it
    takes longer than running it."""
    given = {column.name: bindparam(column.name, type_=column.type) for column in (*messages.c, conversations.c.title)}
    first = insert(conversations).values(
        org_id=given["org_id"],
        user_id=given["user_id"],
        key=given["conversation"],
        title=given["title"],
        seq=1,
        last_at=given["sent_at"],
    )
    counted = first.on_conflict_do_update(
        index_elements=["user_id", "key"],
        set_={
            "seq": conversations.c.seq + 1,
            "last_at": func.greatest(conversations.c.last_at, first.excluded.last_at),
            "title": case((conversations.c.title == "", first.excluded.title), else_=conversations.c.title),
        },
    )
    number = counted.returning(conversations.c.seq).cte("counted").c.seq
    names = [*(column.name for column, _ in SHAPE.columns), "org_id", "user_id", "conversation"]
    row = [number if name in ("seq", "position") else given[name] for name in names]
    new = insert(messages).from_select(names, select(*row), include_defaults=False)
    changes = {name: new.excluded[name] for name in names if name not in ("id", "position")}
    owned = ("org_id", "user_id", "conversation")
    same = and_(*(messages.c[name] == new.excluded[name] for name in owned))
    changed = new.on_conflict_do_update(index_elements=["id"], set_=changes, where=same)
    return changed.returning(messages.c.seq, messages.c.position)


PUT = _put()


class OwnMessages(Owned):
    def __init__(self, tx: AsyncConnection, scope: Scope, recollection: Recollection) -> None:
        super().__init__(tx, scope)
        self._recollection = recollection

    async def put(self, message: Message) -> Message:
        """Insert, or change under its id; the returned message has its new `seq` and its `position`."""
        title = " ".join(message.text.split())[:TITLE] if message.author is Author.USER else ""
        row = {**SHAPE.row(message), **self.owner, "conversation": message.at.conversation, "title": title}
        kept = (await self.tx.execute(PUT, row)).one_or_none()
        if kept is None:
            raise Stale(f"message {message.id} stands elsewhere")
        return replace(message, seq=kept.seq, position=kept.position)

    async def get(self, message: str) -> Message | None:
        found = await self._list(messages.c.id == message, limit=1)
        return found[0] if found else None

    async def since(self, at: Address, seq: int, limit: int = 200) -> Sequence[Message]:
        """What was written or changed after `seq`, in that order."""
        newer = (messages.c.conversation == at.conversation) & (messages.c.seq > seq)
        return await self._list(newer, order=messages.c.seq, limit=limit)

    async def before(self, at: Address, position: int | None, limit: int = 50) -> Sequence[Message]:
        """The last messages in front of `position` (None: of all), oldest first."""
        here = messages.c.conversation == at.conversation
        if position is not None:
            here &= messages.c.position < position
        return (await self._list(here, order=messages.c.position.desc(), limit=limit))[::-1]

    async def after(self, at: Address, position: int, limit: int = 50) -> Sequence[Message]:
        """Those behind `position`, oldest first."""
        behind = (messages.c.conversation == at.conversation) & (messages.c.position > position)
        return await self._list(behind, order=messages.c.position, limit=limit)

    async def learned(self, at: Address) -> int:
        """The position up to which facts were drawn out of this conversation."""
        here = conversations.c.key == at.conversation
        return await self.tx.scalar(select(conversations.c.learned).where(self.mine(conversations), here)) or 0

    async def learn(self, at: Address, begin: int, end: int) -> bool:
        """Move it from `begin` to `end`; False when it is elsewhere: somebody else was first."""
        here = (conversations.c.key == at.conversation) & (conversations.c.learned == begin)
        moved = update(conversations).where(self.mine(conversations), here).values(learned=end)
        return (await self.tx.execute(moved)).rowcount == 1

    async def pass_over(self) -> None:
        """From nothing that was said so far, in whatever conversation, are facts drawn any more."""
        all_of_it = update(conversations).where(self.mine(conversations))
        await self.tx.execute(all_of_it.values(learned=conversations.c.seq))

    async def of_suggestion(self, suggestion: str) -> Sequence[Message]:
        return await self._list(messages.c.suggestion == suggestion, order=messages.c.id, limit=100)

    async def conversations(self, limit: int = 100) -> Sequence[Conversation]:
        """The latest first."""
        same = (messages.c.user_id == conversations.c.user_id) & (messages.c.conversation == conversations.c.key)
        count = select(func.count()).where(same).scalar_subquery().label("told")
        statement = select(conversations, count).where(self.mine(conversations))
        rows = await self.tx.execute(statement.order_by(conversations.c.last_at.desc()).limit(limit))
        return [_conversation(row) for row in rows]

    async def search(self, query: str, limit: int = 20) -> Sequence[Found]:
        """Messages of both sides that have the words, the best first."""
        return await self._recollection.search(query, limit)

    async def _list(self, where: Any, *, order: Any = None, limit: int) -> builtins.list[Message]:
        statement = SHAPE.select().add_columns(messages.c.conversation).where(self.mine(messages), where)
        rows = await self.tx.execute(statement.order_by(order).limit(limit))
        return [SHAPE.record(row, at=address_of(row.conversation)) for row in rows]


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(at=address_of(row.key), title=row.title, last_at=row.last_at, messages=row.told)
