"""A stranger's account becomes somebody's: the code is spent, the account is theirs, and that chat is told."""

from __future__ import annotations

from bot.deliver import deliver
from bot.ids import new_id
from bot.people import Person, Scope, User
from bot.ports import Job, Ports, Queue
from bot.records import Author, Message

WELCOME = (
    "You are linked: from now on I know you here, with your tasks, your reminders and what I remember. "
    "Just write to me; `/help` shows what I can do."
)


async def link(ports: Ports, user: User, code: str) -> Person | None:
    """Tie the account that was given this code to the user; None when the code is wrong, used or expired.

    Raises Locked after too many wrong ones."""
    now = ports.clock.now()
    async with ports.memory.door() as door:
        found = await door.persons.redeem(code, now)
        if found is None:
            return None
        person, at = found
        await door.persons.link(person, user)
        welcome = Message(id=new_id(), at=at, author=Author.ASSISTANT, text=WELCOME, sent_at=now)
        await door.enter(user.scope).messages.put(welcome)
        subject = f"{user.org}/{user.id}/{welcome.id}"
        job = Job(name="linked", id=f"linked:{welcome.id}", subject=subject, queue=Queue.PRESSES)
        await ports.engine.enqueue(door.tx, job)
    ports.engine.nudge()
    return person


async def linked(ports: Ports, subject: str) -> None:
    """`subject`: org/user/message. Bring the welcome to the chat that is linked now."""
    org, user, welcome = subject.split("/", 2)
    scope = Scope(org=org, user=user)

    async def find() -> Message | None:
        async with ports.memory.work(scope) as work:
            return await work.messages.get(welcome)

    message = await ports.engine.step("find", find, Message | None)
    if message is not None:
        await deliver(ports, scope, message, "linked")
