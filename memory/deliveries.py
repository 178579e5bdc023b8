"""The ledger of what was sent where, and whether it arrived."""

from __future__ import annotations

from sqlalchemy import func, update
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

    async def failed(self, to: Address, ref: str) -> bool:
        here = (deliveries.c.address == to.conversation) & (deliveries.c.ref == ref)
        changes = {"state": DeliveryState.FAILED.value, "changed_at": func.now()}
        done = await self.tx.execute(update(deliveries).where(self.mine(deliveries), here).values(changes))
        return bool(done.rowcount)
