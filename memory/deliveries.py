"""The ledger of what was sent where, and whether it arrived."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.message import Address
from bot.records import Delivery, DeliveryState
from memory.rows import Owned, Shape
from memory.tables import deliveries

SHAPE = Shape(Delivery, deliveries, elsewhere={"to"})


class OwnDeliveries(Owned):
    async def put(self, delivery: Delivery) -> None:
        row = {**SHAPE.row(delivery), "changed_at": func.now()}
        statement = insert(deliveries).values(**row, **self.owner, address=delivery.to.conversation)
        keys = ["user_id", "message", "address"]
        await self.tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=row))

    async def get(self, message: str, to: Address) -> Delivery | None:
        one = (deliveries.c.message == message) & (deliveries.c.address == to.conversation)
        row = (await self.tx.execute(SHAPE.select().where(self.mine(deliveries), one))).one_or_none()
        return None if row is None else SHAPE.record(row, to=to)

    async def report(self, to: Address, ref: str, state: DeliveryState) -> str | None:
        unread = deliveries.c.state != DeliveryState.READ.value
        changes = {"state": state.value, "changed_at": func.now()}
        statement = update(deliveries).where(self.mine(deliveries), self._known_as(to, ref), unread).values(changes)
        found = await self.tx.execute(statement.returning(deliveries.c.message))
        message: str | None = found.scalars().first()
        return message

    async def with_ref(self, to: Address, ref: str) -> str | None:
        statement = select(deliveries.c.message).where(self.mine(deliveries), self._known_as(to, ref)).limit(1)
        found: str | None = (await self.tx.execute(statement)).scalar_one_or_none()
        return found

    async def waiting(self, to: Address, limit: int = 50) -> Sequence[str]:
        here = (deliveries.c.address == to.conversation) & (deliveries.c.state == DeliveryState.WAITING.value)
        statement = select(deliveries.c.message).where(self.mine(deliveries), here)
        return (await self.tx.execute(statement.order_by(deliveries.c.changed_at).limit(limit))).scalars().all()

    @staticmethod
    def _known_as(to: Address, ref: str) -> ColumnElement[bool]:
        """A long message has several ids at the platform, kept as "12,13"; it is known by each."""
        refs = func.string_to_array(deliveries.c.ref, ",")
        return (deliveries.c.address == to.conversation) & (literal(ref) == any_(refs))
