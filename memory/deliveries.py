"""The ledger of what was sent where, and whether it arrived."""

from __future__ import annotations

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from bot.message import Address
from bot.records import Delivery, DeliveryState
from memory.addresses import address_of
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
        return next((found for found in await self.of_message(message) if found.to == to), None)

    async def of_message(self, message: str) -> list[Delivery]:
        statement = SHAPE.select().add_columns(deliveries.c.address)
        statement = statement.where(self.mine(deliveries), deliveries.c.message == message).limit(100)
        return [SHAPE.record(row, to=address_of(row.address)) for row in await self.tx.execute(statement)]

    async def failed(self, to: Address, ref: str) -> bool:
        here = (deliveries.c.address == to.conversation) & (deliveries.c.ref == ref)
        changes = {"state": DeliveryState.FAILED.value, "changed_at": func.now()}
        done = await self.tx.execute(update(deliveries).where(self.mine(deliveries), here).values(changes))
        return bool(done.rowcount)
