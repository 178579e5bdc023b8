"""What becomes of a delivery of Slack's, whichever way it came: handed in, in the order of its conversation.

Some of it must be shown at once and is no message: the form behind an Edit button, the Home tab, our removal.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from adapters.chat.slack import pages
from adapters.chat.slack.connection import Connection, Workspace, said
from adapters.chat.slack.inbound import Around, needs_direct, parse, people_in, sender_of, tenant_of
from bot.message import ButtonPress, Inbound
from bot.ports import Desk, Unsent

LANES = 32  # conversations side by side
REFRESH = 1.5  # seconds until a press on the Home tab has had its effect
GONE = ("app_uninstalled", "tokens_revoked")
ELSEWHERE = {"response_type": "ephemeral", "text": "I answer in our direct conversation."}
log = structlog.get_logger()

Data = Mapping[str, Any]
InBackground = Callable[[Coroutine[Any, Any, None]], None]


class Reception:
    """`heard` is told of all that is handed in."""

    def __init__(
        self, connection: Connection, desk: Desk, heard: Callable[[Inbound], None], in_background: InBackground
    ) -> None:
        self._connection, self._desk, self._heard, self._in_background = connection, desk, heard, in_background
        self._lanes = [asyncio.Lock() for _ in range(LANES)]  # a lock is given in the order in which it was asked for

    async def take(self, body: Data) -> Data | None:
        """Returns what the acknowledgement carries. Raises what kept it from being written down: do not acknowledge."""
        async with self._lanes[zlib.crc32(_place(body).encode()) % LANES]:
            return await self._take(body)

    async def _take(self, body: Data) -> Data | None:
        team, event = tenant_of(body), body.get("event") or {}
        if event.get("type") in GONE:
            await self._removed(team, event)
            return None
        try:
            workspace = await self._connection.workspace(team)
        except Unsent as error:
            log.warning("slack_delivery_of_a_stranger", why=str(error))
            return None
        if event.get("type") == "app_home_opened":
            self._in_background(self._show_home(workspace, str(event["user"])))
            return None
        inbound = await self._understood(body, workspace)
        if inbound is not None:
            await self._hand_in(inbound, body, workspace)
        return ELSEWHERE if inbound is not None and _is_elsewhere(body, inbound) else None

    async def _removed(self, team: str, event: Data) -> None:
        """Single users' tokens may be revoked too; those of bots are ours."""
        if event["type"] == "app_uninstalled" or (event.get("tokens") or {}).get("bot"):
            log.warning("slack_removed_us", team=team)
            await self._connection.uninstall(team)

    async def _understood(self, body: Data, workspace: Workspace) -> Inbound | None:
        direct = await workspace.direct(sender_of(body)) if needs_direct(body) else ""
        try:
            told = _told(body)
            names = {**told, **await workspace.naming(people_in(body) - told.keys())}
            return parse(body, Around(me=workspace.me, now=datetime.now(UTC), names=names, direct=direct))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration):
            log.exception("slack_delivery_not_understood", fields=sorted(body), kind=body.get("type"))
            return None

    async def _hand_in(self, inbound: Inbound, body: Data, workspace: Workspace) -> None:
        self._heard(inbound)
        if isinstance(inbound, ButtonPress) and not inbound.values and await self._opened(inbound, body, workspace):
            return
        await self._desk.receive(inbound)
        if isinstance(inbound, ButtonPress) and (body.get("view") or {}).get("type") == "home":
            self._in_background(self._refresh_home(workspace, inbound.sender.id))

    async def _opened(self, press: ButtonPress, body: Data, workspace: Workspace) -> bool:
        """Whether a form stands before the person now; where it cannot, the mind asks for the change in words."""
        form = await self._desk.form(press.sender, press.token)
        view = pages.modal(form, press.at) if form is not None else None
        if view is None:
            return False
        try:
            await workspace.client.views_open(trigger_id=str(body["trigger_id"]), view=view)
        except _slack_errors() as error:
            log.warning("slack_form_not_opened", why=said(error))
            return False
        return True

    async def _refresh_home(self, workspace: Workspace, user: str) -> None:
        await asyncio.sleep(REFRESH)
        await self._show_home(workspace, user)

    async def _show_home(self, workspace: Workspace, user: str) -> None:
        around = Around(me=workspace.me, now=datetime.now(UTC))
        view = pages.home(await self._desk.home(around.person(user)))
        try:
            await workspace.client.views_publish(user_id=user, view=view)
        except _slack_errors() as error:
            log.warning("slack_home_not_shown", why=said(error))


def _slack_errors() -> tuple[type[Exception], ...]:
    from aiohttp import ClientError
    from slack_sdk.errors import SlackApiError

    return (SlackApiError, ClientError, TimeoutError)


def _place(body: Data) -> str:
    event, channel = body.get("event") or {}, body.get("channel") or {}
    return str(event.get("channel") or body.get("channel_id") or channel.get("id") or sender_of(body))


def _told(body: Data) -> dict[str, str]:
    """Interactions name who acts."""
    user = body.get("user") or {}
    name = body.get("user_name") or user.get("name") or user.get("username")
    return {sender_of(body): str(name)} if name else {}


def _is_elsewhere(body: Data, inbound: Inbound) -> bool:
    return "command" in body and body.get("channel_id") != inbound.at.place
