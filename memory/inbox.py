"""What arrived, written down before it is acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.codec import decode, encode
from bot.message import Inbound, InboundMessage
from bot.records import InboundState
from memory.columns import Json
from memory.tables import inbound

# Presses, reactions and stops are not part of the order of a conversation: they pass by it.
TURNS = ("InboundMessage", "Command")
WAITING = (InboundState.RECEIVED.value, InboundState.WORKING.value)
BEGUN = (InboundState.WORKING, InboundState.MERGED)
PUT = insert(inbound).on_conflict_do_nothing(index_elements=["platform", "tenant", "delivery"])


class ArrivedMessages:
    """Fulfils `bot.repositories.Inbox`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx

    async def put(self, inbound_message: Inbound, id: str, at: datetime) -> bool:
        """False: we had this delivery already, nothing was written."""
        row = {
            "id": id,
            "platform": inbound_message.at.platform,
            "tenant": inbound_message.at.tenant,
            "delivery": inbound_message.delivery,
            "conversation": inbound_message.at.conversation,
            "sender": inbound_message.sender.id,
            "kind": type(inbound_message).__name__,
            "payload": encode(inbound_message),
            "state": InboundState.RECEIVED.value,
            "received_at": at,
        }
        return (await self.tx.execute(PUT, row)).rowcount > 0

    async def get(self, id: str) -> tuple[Inbound, InboundState] | None:
        statement = select(inbound.c.payload, inbound.c.state).where(inbound.c.id == id).with_for_update()
        row = (await self.tx.execute(statement)).one_or_none()
        return None if row is None else (decode(Inbound, row.payload), InboundState(row.state))

    async def waiting(self, conversation: str, after: str) -> Sequence[tuple[str, Inbound]]:
        """Messages and commands received in this conversation later than `after` and not yet begun, oldest first."""
        fresh = (inbound.c.id > after) & (inbound.c.state == InboundState.RECEIVED.value)
        statement = select(inbound.c.id, inbound.c.payload).where(_turns(conversation), fresh)
        rows = await self.tx.execute(statement.order_by(inbound.c.id).limit(100).with_for_update())
        return [(row.id, decode(Inbound, row.payload)) for row in rows]

    async def mark(self, ids: Sequence[str], state: InboundState, turn: str | None = None) -> None:
        """Set their state. What was stopped does not begin."""
        if not ids:
            return
        statement = update(inbound).where(inbound.c.id.in_(list(ids)))
        if state in BEGUN:
            statement = statement.where(inbound.c.state != InboundState.STOPPED.value)
        changes = {"state": state.value} if turn is None else {"state": state.value, "turn": turn}
        await self.tx.execute(statement.values(changes))

    async def correct(self, edited: InboundMessage) -> bool:
        """The message that was edited takes the new text, if it was not begun yet; False when it is too late."""
        ref = inbound.c.payload["ref"].astext
        same = (ref == edited.edit_of) & (inbound.c.sender == edited.sender.id)
        waits = _turns(edited.at.conversation) & (inbound.c.state == InboundState.RECEIVED.value)
        changed = inbound.c.payload.op("||")(literal({"text": edited.text}, Json))
        return (await self.tx.execute(update(inbound).where(same, waits).values(payload=changed))).rowcount > 0

    async def again(self, id: str) -> None:
        """The message, and those that were merged into its turn, count as not yet begun."""
        same = (inbound.c.id == id) | (inbound.c.turn == id)
        await self.tx.execute(update(inbound).where(same).values(state=InboundState.RECEIVED.value))

    async def stop_before(self, conversation: str, id: str) -> Sequence[str]:
        """Everything begun or waiting before `id` is to stop; returns those that are being worked on."""
        statement = select(inbound.c.id, inbound.c.state).where(_turns(conversation), _unanswered(), inbound.c.id < id)
        found = (await self.tx.execute(statement.order_by(inbound.c.id).limit(1000).with_for_update())).all()
        await self.mark([row.id for row in found], InboundState.STOPPED)
        return [row.id for row in found if row.state == InboundState.WORKING.value]

    async def is_stopped(self, id: str) -> bool:
        return (await self.tx.scalar(select(inbound.c.state).where(inbound.c.id == id))) == InboundState.STOPPED.value

    async def behind(self, conversation: str, id: str) -> int:
        """How many messages of the conversation come before this one and are not answered yet."""
        statement = select(func.count()).where(_turns(conversation), _unanswered(), inbound.c.id < id)
        return int((await self.tx.execute(statement)).scalar_one())


def _turns(conversation: str) -> ColumnElement[bool]:
    return (inbound.c.conversation == conversation) & inbound.c.kind.in_(TURNS)


def _unanswered() -> ColumnElement[bool]:
    return inbound.c.state.in_(WAITING)
